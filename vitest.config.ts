import { availableParallelism } from 'node:os'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type BrowserProviderOption, type TestSpecification } from 'vitest/node'
import { lookForChromium } from './scripts/find-chromium.mjs'

const SOURCE = 'agent-session-source'
const exclude = [...configDefaults.exclude, '**/dist/**']

// `npm test` gets a Chromium and names it here; without one the browser project fails at its launch, it does not skip.
const chromium = lookForChromium()

const plugins = () => [svelte({ configFile: false }), vue()]
const resolve = { conditions: [SOURCE, ...defaultClientConditions] }
const ssr = { resolve: { conditions: [SOURCE, ...defaultServerConditions] } }

// For tests that start programs and browsers, on a machine that has other things to do. Nothing waits for what has happened.
const timeouts = { testTimeout: 30_000, hookTimeout: 30_000, expect: { poll: { timeout: 20_000, interval: 20 } } }

/** One page at a time, beside the tests in Node: two would take the processor and the focus from each other. */
const onePage = <Options extends object>(provider: BrowserProviderOption<Options>): BrowserProviderOption<Options> => ({
  ...provider,
  providerFactory: (project) => Object.assign(provider.providerFactory(project), { supportsParallelism: false }),
})

/** Those that take longest, by name: begun last, one of them would run alone at the end. */
const slow = ['simulation/', 'example-agent/src/live', 'console/test/host-dies', 'test/tabs/', 'vue-embed/', 'console/test/', 'one-writer', 'troubles', 'test/hydration', 'sqlite-storage']

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = slow.findIndex((name) => moduleId.includes(name))
      return found === -1 ? slow.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    // by itself vitest leaves one processor out; many tests wait for programs and browsers, and use none meanwhile
    maxWorkers: availableParallelism() + 1,
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
            provider: onePage(playwright({
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
            })),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
