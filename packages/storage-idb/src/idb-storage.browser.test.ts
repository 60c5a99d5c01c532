import { storageCases } from '@agent-session/core/conformance'
import { describe, expect, test } from 'vitest'
import { createIdbStorage } from './index.ts'

let databases = 0

for (const durability of ['relaxed', 'strict'] as const) {
  describe(`${durability} durability`, () => {
    for (const { name, run } of storageCases) {
      test(name, () => {
        const database = `conformance-${durability}-${(databases += 1)}`
        const open = async () => createIdbStorage({ name: database, durability })
        return run({ open, reopen: open, shared: true })
      })
    }
  })
}

test('100,000 messages are whole and in order, from the end, by pages and at once', async () => {
  const long = storageCases.filter(({ name }) => name.startsWith('a long session is whole'))
  expect(long).toHaveLength(1)
  const open = async () => createIdbStorage({ name: 'conformance-long' })
  for (const { run } of long) await run({ open, reopen: open, shared: true, longSession: 100_000 })
}, 120_000)
