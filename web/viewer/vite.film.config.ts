import { defineConfig } from "vite";

/** The page's script and style in one file each, for pages that hold a recording (`wayside export --html`). */
export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "../dist/film",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: {
      input: "src/main.tsx",
      output: { codeSplitting: false, entryFileNames: "film.js", assetFileNames: "film[extname]" },
    },
  },
});
