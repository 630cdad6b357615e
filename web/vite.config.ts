/** Builds the dashboard into dist/web, where the server looks for it. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { budgetCheck } from './budget-check.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export.
export default defineConfig({
  root: here('.'),
  // Relative: the page works under any path.
  base: './',
  // `auto` would be right for a browser, but the page must not load what it was not built with.
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    // The content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    reportCompressedSize: false,
  },
  plugins: [budgetCheck({ maxScriptBytes: 90_000, maxStyleBytes: 15_000 })],
})
