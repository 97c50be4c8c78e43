// A worker's page on a phone: the day's list, the forms, the photos, with or without a network.
import "./field.css";
import { createApp } from "vue";
import Field from "./Field.vue";
import { lang, setLang } from "./words";

setLang(lang.value);
// From a file of our own; it opens this page where there is no network.
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/field/worker.js", { scope: "/field/" }).catch(() => undefined);
createApp(Field).mount("#field");
