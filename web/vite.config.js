import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

import { checkQueries } from './check-queries.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // The page is served at /graphql, its assets under /graphql/assets/.
  base: '/graphql/',
  plugins: [
    { name: 'check-queries', buildStart: () => checkQueries(here('./src/queries')) },
  ],
  build: {
    outDir: here('../graph_api/static/graphiql'),
    emptyOutDir: true,
    assetsDir: 'assets',
    // Every asset is a file of our origin; none is a data: URL.
    assetsInlineLimit: 0,
    // The editor is large, and there is nothing to split it from.
    chunkSizeWarningLimit: 8192,
    reportCompressedSize: false,
    rolldownOptions: {
      onLog(level, log, handler) {
        // "use client" directives, which mean nothing in a bundle made for the browser alone.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handler(level, log);
      },
    },
  },
  worker: { format: 'es' },
});
