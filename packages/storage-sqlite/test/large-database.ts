// Makes a database of so many gigabytes (2 unless told otherwise), and tells what a host feels that has it: how long each
// thing takes, and how long it keeps the thread at a time. Beside it a small one, which must not be much faster to show,
// and one of the first schema version, to be migrated. Not in CI, for it takes the room and some minutes.
//
//   node --conditions=agent-session-source packages/storage-sqlite/test/large-database.ts [GIGABYTES] [DRIVER]

import { sampleBatch, sampleMessage } from '@agent-session/core/conformance'
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStorage, type SqliteStorage } from '../src/index.ts'
import { driverOf } from '../src/test/drivers.ts'
import { heldThread } from './held-thread.ts'

const bytes = Number(process.argv[2] ?? 2) * 2 ** 30
const driver = driverOf(process.argv[3] ?? '')
const folder = mkdtempSync(join(tmpdir(), 'agent-session-large-'))
const open = (path: string): SqliteStorage => createSqliteStorage({ path, ...(driver && { driver }) })

/** Of that many words, the first of which are said most. */
const words = Array.from({ length: 5_000 }, (_, index) => `${['ba', 'di', 'ko', 'lu', 'me', 'nor', 'pi', 'sta', 'tu', 'vel'].at(index % 10)}${index.toString(36)}`)
let state = 1
const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
const text = (): string => Array.from({ length: 700 }, () => words[Math.floor(words.length * random() ** 3)]).join(' ')
// Made once: what is measured is the storage.
const texts = Array.from({ length: 2_000 }, text)

const long = 'long'
const inLong = Math.round((bytes / 2 ** 31) * 100_000)
const inShort = 12

/** A session of a fifth of the file, one as large that is there to be deleted, and short ones. */
async function fill(path: string, upToBytes: number): Promise<number> {
  const storage = open(path)
  const put = (sessionId: string, first: number, count: number, updatedAt: number): Promise<void> =>
    storage.commit(
      sampleBatch(
        { sessionId, updatedAt, lastSeqId: first + count - 1 },
        Array.from({ length: count }, (_, index) => {
          const seqId = first + index
          const rare = seqId % 50_000 === 77 ? ' unmistakable' : ''
          return sampleMessage(seqId, { id: `${sessionId}/${seqId}`, content: `${seqId}${rare} ${texts[Math.floor(random() * texts.length)] ?? ''}` })
        }),
      ),
    )
  for (const [index, sessionId] of [long, 'doomed'].entries()) {
    for (let first = 1; first <= inLong; first += 500) await put(sessionId, first, 500, index)
  }
  let short = 0
  while ((await storage.size()).bytes < upToBytes) await put(`s${(short += 1)}`, 1, inShort, 10 + short)
  await storage.close()
  return short + 2
}

const rows: Record<string, Record<string, number>> = {}

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  rows[name] = await heldThread(work)
  console.log(name, rows[name])
}

/** The median of many, of what is done all the time. */
async function measureOften(name: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < 50; round += 1) {
    const from = performance.now()
    await work()
    times.push(performance.now() - from)
  }
  rows[name] = { ms: Number((times.toSorted((a, b) => a - b)[25] ?? 0).toFixed(2)) }
  console.log(name, rows[name])
}

try {
  const path = join(folder, 'large.db')
  const old = join(folder, 'old.db')
  let sessions = 0
  await measure('making it', async () => (sessions = await fill(path, bytes)))
  console.log(`${Math.round(statSync(path).size / 2 ** 20)} MB, ${sessions} sessions, ${inLong} messages in the longest`)
  copyFileSync(path, old)

  let storage = open(path)
  await measure('opening it', () => storage.ready())
  await measure('last 200 of the longest, the first time', () => storage.loadMessages(long, { limit: 200 }))
  await measureOften('last 200 of the longest, again', () => storage.loadMessages(long, { limit: 200 }))
  await measureOften('200 of its middle', () => storage.loadMessages(long, { before: Math.floor(inLong * random()), limit: 200 }))
  await measureOften('first page of the list', () => storage.listSessions())
  await measureOften('last page of the list', () => storage.listSessions(undefined, { offset: sessions - 100 }))
  await measureOften('saving a message to it', () => storage.commit(sampleBatch({ sessionId: long, updatedAt: 0, lastSeqId: inLong + 1 }, [sampleMessage(inLong + 1)])))
  await measureOften('taking back an id that is not there', () => storage.commit(sampleBatch({ sessionId: long, updatedAt: 0, lastSeqId: inLong + 1 }, [], { remove: ['nobody'] })))
  await measure('size', () => storage.size())
  await measure('check', () => storage.check())

  const search = async (when: string): Promise<void> => {
    const searches = { 'a common word': words[0] ?? '', 'a rare word': 'unmistakable', 'two letters': 'zz', 'what is nowhere': 'no such words' }
    for (const [what, wanted] of Object.entries(searches)) await measure(`searching ${what}, ${when}`, () => storage.search(wanted))
  }
  await search('no index')
  await measure('index of all', () => storage.index())
  await search('indexed')
  await measure('size, indexed', () => storage.size())
  await measure('deleting the second longest', () => storage.deleteSessions(['doomed']))
  await measure('close after it', () => storage.close())
  storage = open(path)
  await measure('opening it again', () => storage.ready())
  await measure('deleting 5,000 short ones', () => storage.deleteSessions(Array.from({ length: 5_000 }, (_, index) => `s${index + 1}`)))
  await measure('compact', () => storage.compact())
  await measure('close', () => storage.close())
  console.table(rows)
} finally {
  rmSync(folder, { recursive: true })
}
