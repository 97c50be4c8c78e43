import vue from "@vitejs/plugin-vue";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The character maps that Chinese documents need, beside the page that draws them. */
const chineseMaps: Plugin = {
  name: "chinese-maps",
  apply: "build",
  closeBundle() {
    const from = new URL("node_modules/pdfjs-dist/cmaps/", import.meta.url);
    const to = new URL("dist/cmaps/", import.meta.url);
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      if (/^(GB|UniGB|Adobe-GB1|Identity)/.test(name)) copyFileSync(new URL(name, from), new URL(name, to));
    }
  },
};

/** Every file packed once, when it is built, instead of each time it is asked for. */
const packed: Plugin = {
  name: "packed",
  apply: "build",
  closeBundle() {
    const folder = new URL("dist/", import.meta.url);
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|mjs|css|html)$/.test(name)) continue;
      const file = new URL(name, folder);
      writeFileSync(new URL(`${name}.gz`, folder), gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

// Three entries: the officers' console, the terminals' face, the phones of the field. Their files are served from inside the program under /console/.
export default defineConfig({
  base: "/console/",
  plugins: [vue(), chineseMaps, packed],
  build: { outDir: "dist", emptyOutDir: true, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1200, rollupOptions: { input: ["index.html", "kiosk.html", "field.html"] } },
  test: { environment: "happy-dom" },
} as never);
