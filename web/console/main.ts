import "./element";
import "../parts/design.css";
import "./console.css";
import { createApp } from "vue";
import App from "./App.vue";
import { router } from "./router";
import { lang, setLang } from "./words";

setLang(lang.value);
createApp(App).use(router).mount("#console");
