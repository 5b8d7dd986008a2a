import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Docker Desktop serves the page from a folder, not from the root of a host.
  base: "./",
  plugins: [react()],
  // Docker's client has an entry for browsers only, which tests would not look for.
  resolve: { mainFields: ["browser", "module", "main"] },
  test: {
    environment: "happy-dom",
    // Docker's packages are ES modules that call themselves CommonJS, which Node.js does not load.
    server: { deps: { inline: [/@docker/] } },
  },
});
