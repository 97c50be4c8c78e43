// Light or dark: as the person chose, else as their system says.
import { ref, watch } from "vue";

const system = matchMedia("(prefers-color-scheme: dark)");
const kept = localStorage.getItem("theme");

export const dark = ref(kept ? kept === "dark" : system.matches);

watch(dark, (on) => document.documentElement.classList.toggle("dark", on), { immediate: true });

export function switchTheme(): void {
  dark.value = !dark.value;
  localStorage.setItem("theme", dark.value ? "dark" : "light");
}
