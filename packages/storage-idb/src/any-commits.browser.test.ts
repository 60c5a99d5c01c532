import { createMemoryStorage, type CommitBatch } from '@agent-session/core'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createIdbStorage } from './index.ts'
import { message, session } from './test/sample-batch.ts'

/** What may be done to a session: messages that come, grow or change, long and short, retractions, the same batch again. */
const step = fc.record({
  news: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 4 }) }, { weight: 1, arbitrary: fc.integer({ min: 60, max: 300 }) }),
  changed: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 3 }),
  removed: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 2 }),
  grows: fc.boolean(),
  characters: fc.constantFrom(0, 0, 0, 3000, 70_000),
  twice: fc.boolean(),
  /** The connection is lost in the commit: at once, or when something of it is written. */
  lost: fc.constantFrom('', '', '', '', 'at once', 'midway'),
  writer: fc.constantFrom('leased', 'leased', 'leased', 'leased', 'other', 'reopened'),
})

let databases = 0

/** The next transaction that writes is aborted, as by a browser that loses its database. */
function loseNext(when: 'at once' | 'midway'): void {
  const begin = IDBDatabase.prototype.transaction
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const transaction = begin.apply(this, args)
    if (args[1] !== 'readwrite') return transaction
    spy.mockRestore()
    if (when === 'at once') transaction.abort()
    else {
      // Else it would be too late.
      transaction.commit = () => {}
      transaction.objectStore('messages').put([], ['other', 1]).addEventListener('success', () => transaction.abort())
    }
    return transaction
  })
}

test('whatever is committed, by whom, in what portions and with what losses of the connection, the messages are those that memory has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const name = `any-${(databases += 1)}`
      const memory = createMemoryStorage()
      const other = createIdbStorage({ name })
      let storage = createIdbStorage({ name })
      let { fence } = await storage.acquire('leased')
      let last = 0
      const there: number[] = []
      for (const { news, changed, removed, grows, characters, twice, lost, writer } of steps) {
        if (writer === 'reopened') {
          await storage.close()
          storage = createIdbStorage({ name })
          fence = (await storage.acquire('leased')).fence
        }
        const pick = (at: number) => there[Math.floor(at * there.length)] ?? []
        const gone = new Set(removed.flatMap(pick))
        const touched = new Set([...changed.flatMap(pick), ...(grows ? there.slice(-1) : [])].filter((seqId) => !gone.has(seqId)))
        const fresh = Array.from({ length: news }, () => (last += 1))
        const upsert = [...fresh, ...touched].map((seqId) => message(seqId, { content: `${databases} ${'x'.repeat(characters)}` }))
        const batch: CommitBatch = { session: session({ lastSeqId: last }), upsert, remove: [...gone].map((seqId) => `m${seqId}`), cursor: { epoch: 'e', seq: last } }
        there.splice(0, there.length, ...there.filter((seqId) => !gone.has(seqId)), ...fresh)
        for (let time = twice ? 0 : 1; time < 2; time += 1) {
          await memory.commit(batch)
          if (lost !== '') loseNext(lost)
          await (writer === 'other' ? other.commit(batch) : storage.commit({ ...batch, fence }))
        }
        expect(await other.loadMessages('s1', { limit: 10 })).toEqual(await memory.loadMessages('s1', { limit: 10 }))
      }
      expect(await storage.loadMessages('s1')).toEqual(await memory.loadMessages('s1'))
      expect(await storage.loadCursor('s1')).toEqual(await memory.loadCursor('s1'))
      await storage.close()
      await other.close()
    }),
    { numRuns: 20 },
  )
})
