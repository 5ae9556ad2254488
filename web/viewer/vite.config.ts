import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server. */
const SERVER = "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 800,
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": { target: SERVER, ws: true, changeOrigin: true } } },
  test: { environment: "node", include: ["tests/**/*.test.{ts,tsx}"] },
});
