import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { configDefaults, defineConfig } from 'vitest/config'
import { lookForChromium } from './scripts/find-chromium.mjs'

const SOURCE = 'agent-session-source'
const exclude = [...configDefaults.exclude, '**/dist/**']

// `npm test` gets a Chromium and names it here; without one the browser project fails at its launch, it does not skip.
const chromium = lookForChromium()

const plugins = () => [svelte({ configFile: false }), vue()]
const resolve = { conditions: [SOURCE, ...defaultClientConditions] }
const ssr = { resolve: { conditions: [SOURCE, ...defaultServerConditions] } }

// For tests that start programs and browsers, on a machine that has other things to do.
const timeouts = { testTimeout: 30_000, hookTimeout: 30_000 }

export default defineConfig({
  test: {
    projects: [
      {
        plugins: plugins(),
        resolve,
        ssr,
        test: {
          name: 'node',
          ...timeouts,
          environment: 'node',
          include: [
            'packages/*/{src,test}/**/*.test.{ts,mjs}',
            'test/**/*.test.{ts,mjs}',
            'scripts/**/*.test.{ts,mjs}',
            'examples/**/*.test.{ts,mjs}',
            'bench/**/*.test.{ts,mjs}',
            'simulation/**/*.test.ts',
          ],
          exclude: [...exclude, '**/*.browser.test.ts'],
          env: chromium ? { CHROMIUM_BIN: chromium } : {},
        },
      },
      {
        plugins: plugins(),
        resolve,
        optimizeDeps: {
          // found late, a dependency makes Vite reload the page in the middle of a test
          include: [
            'fast-check',
            'svelte',
            'vitest-browser-svelte',
            'vitest-browser-vue',
            'vue',
            '@agent-session/adapter-svelte > axe-core',
            '@agent-session/adapter-vue > @vue/devtools-api',
            '@agent-session/adapter-vue > @vue/devtools-kit',
            '@agent-session/bridge > birpc',
            '@agent-session/example-console > ansi-sequence-parser',
            '@agent-session/example-console > axe-core',
            '@agent-session/example-console > dompurify',
            '@agent-session/example-console > marked',
            '@agent-session/core > nanoevents',
            '@agent-session/storage-idb > idb-keyval',
          ],
        },
        test: {
          name: 'browser',
          ...timeouts,
          include: ['**/*.browser.test.ts'],
          exclude,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(chromium ? { executablePath: chromium } : {}),
                args: [
                  '--no-sandbox',
                  '--disable-gpu',
                  '--disable-quic',
                  '--no-first-run',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
