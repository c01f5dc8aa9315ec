import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { outDir: "../ibidem/api/page", emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
