import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// One entry: the officers' console. It is served from inside the program under /console/.
export default defineConfig({
  base: "/console/",
  plugins: [vue()],
  build: { outDir: "dist", emptyOutDir: true, modulePreload: { polyfill: false } },
  test: { environment: "happy-dom" },
} as never);
