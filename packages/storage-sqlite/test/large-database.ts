// Makes a database of so many gigabytes (2 unless told otherwise) beside a small one, and measures in both what a store
// does when it opens a session: a large history must not be slower to show. Not in CI, for it takes the room and a minute.
//
//   node --conditions=agent-session-source packages/storage-sqlite/test/large-database.ts [GIGABYTES]

import { sampleBatch, sampleMessage } from '@agent-session/core/conformance'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStorage } from '../src/index.ts'

const bytes = Number(process.argv[2] ?? 2) * 2 ** 30
const folder = mkdtempSync(join(tmpdir(), 'agent-session-large-'))

/** As many sessions of 20,000 messages of 4 KB as fit, and one of a few messages. */
async function fill(path: string, upToBytes: number): Promise<void> {
  const storage = createSqliteStorage({ path })
  await storage.commit(sampleBatch({ sessionId: 'short' }, [sampleMessage(1)]))
  const text = 'lorem ipsum dolor sit amet '.repeat(155)
  for (let session = 0; (await storage.size()).bytes < upToBytes; session += 1) {
    for (let first = 1; first < 20_000 && (await storage.size()).bytes < upToBytes; first += 500) {
      const messages = Array.from({ length: 500 }, (_, index) => sampleMessage(first + index, { id: `${session}-${first + index}`, content: `${first + index} ${text}` }))
      await storage.commit(sampleBatch({ sessionId: 'long', updatedAt: session, ...(session > 0 && { sessionId: `s${session}` }) }, messages))
    }
  }
  await storage.close()
}

const ms = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now()
  await work()
  return Number((performance.now() - before).toFixed(2))
}

async function measure(path: string) {
  const storage = createSqliteStorage({ path })
  const open = await ms(() => storage.ready())
  const last = await ms(async () => {
    await storage.loadSession('long')
    if ((await storage.loadMessages('long', { limit: 200 })).length !== 200) throw new Error('no last 200')
  })
  const times: number[] = []
  for (let round = 0; round < 50; round += 1) times.push(await ms(() => storage.loadMessages('long', { limit: 200 })))
  const list = await ms(() => storage.listSessions())
  const save = await ms(() => storage.commit(sampleBatch({ sessionId: 'short' }, [sampleMessage(2)])))
  await storage.close()
  const again = times.toSorted((a, b) => a - b)[25]
  return { 'MB': Math.round(statSync(path).size / 2 ** 20), 'ms to open': open, 'ms, last 200': last, 'ms, last 200 again': again, 'ms, list': list, 'ms, save one': save }
}

try {
  const [small, large] = [join(folder, 'small.db'), join(folder, 'large.db')]
  await fill(small, 4 * 2 ** 20)
  await fill(large, bytes)
  // Once each to warm the program up, then what counts.
  await measure(small)
  console.table({ small: await measure(small), large: await measure(large) })
} finally {
  rmSync(folder, { recursive: true })
}
