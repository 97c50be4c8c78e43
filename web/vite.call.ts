import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** The most a caller's page may weigh, packed: it is opened on old phones. */
const LARGEST = 12 * 1024;

const weighed: Plugin = {
  name: "weighed",
  apply: "build",
  closeBundle() {
    const bytes = gzipSync(readFileSync(new URL("dist/call/call.js", import.meta.url)), { level: 9 }).length;
    if (bytes > LARGEST) throw new Error(`the caller's page weighs ${bytes} bytes packed`);
  },
};

// The caller's page, an entry of its own: built beside the console, served as /call.js.
export default defineConfig({
  plugins: [weighed],
  build: { outDir: "dist/call", emptyOutDir: true, target: "es2020", lib: { entry: "call/page.ts", formats: ["es"], fileName: () => "call.js" } },
});
