import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import type { InlineConfig } from 'vite'
import { bench } from '../paths.ts'

/**
 * How an app for browsers is built: the packages' own builds by the browser's conditions, compiled components, production
 * branches. Vite takes the browser's conditions by itself.
 */
export function production(): InlineConfig {
  return {
    configFile: false,
    root: bench,
    mode: 'production',
    logLevel: 'error',
    plugins: [svelte({ configFile: false, compilerOptions: { dev: false } }), vue({ isProduction: true })],
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  }
}
