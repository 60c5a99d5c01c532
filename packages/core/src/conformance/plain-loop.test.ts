import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const kit = new URL('./index.ts', import.meta.url).href
const memory = new URL('../defaults/memory-storage.ts', import.meta.url).href

// Nothing else keeps such a process: without a wait that does, it would end in silence.
test('a method that never settles is told in a plain loop, without a runner', () => {
  const loop = `
    import { storageCases } from ${JSON.stringify(kit)}
    import { createMemoryStorage } from ${JSON.stringify(memory)}
    const open = async () => ({ ...createMemoryStorage(), loadSession: () => new Promise(() => {}) })
    for (const { run } of storageCases.slice(0, 1)) await run({ open, patienceMs: 20 }).catch((error) => console.log(error.message))`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--no-warnings', '--eval', loop], { encoding: 'utf8' })
  expect({ stdout, status }).toEqual({
    status: 0,
    stdout: 'loadSession("s1") never settled (waited for 20 ms)\nBroken promise: a fresh database holds nothing\n',
  })
})
