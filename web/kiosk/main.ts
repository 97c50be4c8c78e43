// A terminal has two windows of one page: the screen that is touched, and the one beside it that accompanies.
import "./kiosk.css";
import { createApp } from "vue";
import Companion from "./Companion.vue";
import Work from "./Work.vue";

const beside = location.pathname.endsWith("/companion");
document.documentElement.classList.add(beside ? "companion" : "work");
createApp(beside ? Companion : Work).mount("#kiosk");
