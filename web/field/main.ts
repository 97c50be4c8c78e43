// A worker's page on a phone: the day's list, the forms, the photos, with or without a network.
import "./field.css";
import { createApp } from "vue";
import Field from "./Field.vue";
import { lang, setLang } from "./words";

setLang(lang.value);
createApp(Field).mount("#field");
