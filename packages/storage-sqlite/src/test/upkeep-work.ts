import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SqliteStorage } from '../index.ts'
import { message, session } from './sample-batch.ts'

/** What a process does on a file when it is killed. */
export const upkeepWorks = ['commit', 'delete', 'index', 'compact', 'migrate'] as const
export type UpkeepWork = (typeof upkeepWorks)[number]

const size = 1_500

const messagesOf = (text: string) => Array.from({ length: size }, (_, index) => message(index + 1, { content: `${text} ${index + 1} `.padEnd(400, 'and some more ') }))

/** The same file each time: two sessions, one of them in the index, or one of the first version for `migrate`. */
export async function prepare(path: string, work: UpkeepWork, open: (path: string) => SqliteStorage): Promise<void> {
  if (work === 'migrate') return copyFileSync(fileURLToPath(new URL('../../test/fixtures/v1.db', import.meta.url)), path)
  const storage = open(path)
  await storage.commit({ session: session({ sessionId: 'doomed', lastSeqId: size }), upsert: messagesOf('first'), remove: [] })
  if (work !== 'index') await storage.index()
  await storage.commit({ session: session({ sessionId: 'kept', lastSeqId: size }), upsert: messagesOf('second'), remove: [] })
  if (work === 'compact') await storage.deleteSessions(['doomed'])
  await storage.close()
}

/** Does it. */
export async function doWork(storage: SqliteStorage, work: UpkeepWork): Promise<void> {
  switch (work) {
    case 'commit':
      return storage.commit({
        session: session({ sessionId: 'kept', lastSeqId: size + 25, updatedAt: 2_000_000_000_000 }),
        upsert: Array.from({ length: 25 }, (_, index) => message(size + index + 1)),
        remove: ['m3', `m${size}`],
        cursor: { epoch: 'e', seq: 9 },
      })
    case 'delete':
      return storage.deleteSessions(['doomed'])
    case 'index':
      return storage.index()
    case 'compact':
      return void (await storage.compact())
    case 'migrate':
      return storage.ready()
  }
}

/** All that a reader sees of the file. */
async function seen(storage: SqliteStorage): Promise<string> {
  const sessions = await storage.listSessions()
  const parts = await Promise.all(
    sessions.map(async (summary) => [summary, await storage.loadSession(summary.sessionId), await storage.loadCursor(summary.sessionId), await storage.loadMessages(summary.sessionId)]),
  )
  const found = await storage.search('MORE and some', { limit: 5_000 })
  return JSON.stringify([parts, found.map(({ sessionId, message }) => [sessionId, message.seqId])])
}

/** Throws where a reader sees anything but what was there before the work, or what is there after it; and where it cannot be done then. */
export async function lookAfterWork(path: string, work: UpkeepWork, before: string, after: string, open: (path: string) => SqliteStorage): Promise<'before' | 'after'> {
  const storage = open(path)
  try {
    const damage = await storage.check()
    if (damage.length > 0) throw new Error(`The file is damaged: ${damage.join('; ')}`)
    const now = await seen(storage)
    if (now !== before && now !== after) throw new Error(`A reader sees neither what was before nor what is after: ${now.slice(0, 500)}`)
    await doWork(storage, work)
    if ((await seen(storage)) !== after) throw new Error('It could not be done afterwards')
    const left = await storage.check()
    if (left.length > 0) throw new Error(`The file is damaged after it was done again: ${left.join('; ')}`)
    return now === after ? 'after' : 'before'
  } finally {
    await storage.close()
  }
}

/** What a reader sees before and after, and how long the work takes. */
export async function rehearse(path: string, work: UpkeepWork, open: (path: string) => SqliteStorage): Promise<{ before: string; after: string; ms: number }> {
  await prepare(path, work, open)
  const storage = open(path)
  // The first look would migrate.
  const before = work === 'migrate' ? undefined : await seen(storage)
  const from = performance.now()
  await doWork(storage, work)
  const ms = performance.now() - from
  const after = await seen(storage)
  await storage.close()
  return { before: before ?? after, after, ms }
}
