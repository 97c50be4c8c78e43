import { createApp } from "vue";
import "../parts/design.css";
import App from "./App.vue";

createApp(App).mount("#console");
