// What runs in the pages of the smoke run.
import type { Lease } from '@agent-session/core'
import { sampleBatch, sampleMessage, storageCases } from '@agent-session/core/conformance'
import { createIdbStorage } from '../../src/index.ts'

const result = { passed: 0, failed: [] as string[], done: false }
const storage = createIdbStorage({ name: 'two-tabs' })
let lease: Lease | undefined

const smoke = {
  /** Runs all cases of a storage; `result` says how far it is. */
  async runCases(): Promise<void> {
    let databases = 0
    for (const { name, run } of storageCases) {
      const database = `case-${(databases += 1)}`
      const open = async () => createIdbStorage({ name: database, timeoutMs: 60_000 })
      try {
        await run({ open, reopen: open, shared: true })
        result.passed += 1
      } catch (thrown) {
        result.failed.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
      }
      indexedDB.deleteDatabase(database)
    }
    result.done = true
  },
  result: () => result,
  /** Takes the lease, or waits for it. */
  async acquire(): Promise<void> {
    lease = await storage.acquire('a tab')
  },
  async commit(seqId: number): Promise<void> {
    await storage.commit(sampleBatch({}, [sampleMessage(seqId)], lease && { fence: lease.fence }))
  },
  stored: async () => (await storage.loadMessages('s1')).map(({ seqId }) => seqId),
  holds: () => lease !== undefined,
  /** What the browser says of itself. */
  about: () => ({ agent: navigator.userAgent, locks: 'locks' in navigator, commit: 'commit' in IDBTransaction.prototype, secure: isSecureContext }),
}

export type Smoke = typeof smoke
Object.assign(globalThis, { smoke })
