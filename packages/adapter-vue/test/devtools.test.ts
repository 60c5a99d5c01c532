import { join } from 'node:path'
import { build, defaultClientConditions } from 'vite'
import { expect, test, vi } from 'vitest'
import { createSSRApp } from 'vue'
import { World } from '../../../test/adapter-scenarios.ts'
import { agentSessionDevtools } from '@agent-session/adapter-vue/devtools'

/** What a bundler makes of an app that imports this; Vue is left out. */
async function bundled(code: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['agent-session-source', ...defaultClientConditions] },
    plugins: [{ name: 'app', resolveId: (id) => (id === 'app' ? join(import.meta.dirname, 'app.ts') : null), load: (id) => (id.endsWith('app.ts') ? code : null) }],
    build: { write: false, rollupOptions: { input: 'app', external: ['vue'], preserveEntrySignatures: 'strict' } },
  })
  return JSON.stringify(result)
}

test('an app that does not set them up has nothing of the devtools in it', async () => {
  const strings = ['Agent sessions', 'text streams', '__VUE_DEVTOOLS']
  const app = await bundled(`export * from '@agent-session/adapter-vue'`)
  expect(strings.filter((text) => app.includes(text))).toEqual([])
  const withDevtools = await bundled(`export * from '@agent-session/adapter-vue/devtools'`)
  expect(strings.filter((text) => withDevtools.includes(text))).toEqual(strings)
})

test('a server render with devtools subscribes nothing and arms nothing', async () => {
  const world = new World(() => Promise.reject(new Error('A server mounts nothing.')))
  createSSRApp({}).use(agentSessionDevtools, { store: world.store })
  await vi.dynamicImportSettled()
  expect([world.subscriptions.total, world.clock.pending]).toEqual([0, 0])
})
