import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [svelte()],
  // The packages from their source: a build of the page needs no build of them before it.
  resolve: { conditions: ['agent-session-source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    // Vite's own helper for old browsers would be an inline script, which the page's policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
