import { storageCases } from '@agent-session/core/conformance'
import { describe, test } from 'vitest'
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
