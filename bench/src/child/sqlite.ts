import type { CommitBatch, SessionMessage, SessionStorage } from '@agent-session/core'
import { sampleBatch, sampleMessage } from '@agent-session/core/conformance'
import { createSqliteStorage, type SqliteDatabase, type SqliteDriver } from '@agent-session/storage-sqlite'
import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../median.ts'
import type { Measured, Measurement } from './measurement.ts'

type Ask = Extract<Measurement, { kind: 'sqlite' }>

const drivers: Record<Ask['driver'], SqliteDriver> = {
  'node:sqlite': (path) => new DatabaseSync(path),
  'better-sqlite3': (path) => new Database(path),
}

const batchSize = 100
const pageSize = 200
const rowsAtSeqId = 2 ** 32

/** A way of keeping messages, driven the same way. */
interface Subject {
  /** Prepares one step that saves these; what it prepares is not measured. */
  save(session: number, messages: readonly SessionMessage[]): () => unknown
  last(session: number): Promise<number>
  all(session: number): Promise<number>
  close(): Promise<void>
}

/**
 * Rows a second, and µs of the processor a row; ms for the last page of the long session and of the short one; ms for all
 * of the long one, and of the processor. What a busy machine adds to the one it does not add to the other.
 */
export async function measureSqlite({ layout, driver, messages: count }: Ask): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-session-bench-'))
  const subject = await subjects[layout](join(folder, 'bench.db'), drivers[driver])
  try {
    const [long, short] = [1, 2]
    await write(subject, short, messagesUpTo(1_000))
    const { batchMs, cpuMs } = await write(subject, long, messagesUpTo(count))
    const whole = await cost(5, () => subject.all(long))
    const measured = {
      rowsASecond: (batchSize / batchMs) * 1_000,
      cpuARow: (cpuMs / count) * 1_000,
      lastOfLong: (await cost(60, () => subject.last(long))).ms,
      lastOfShort: (await cost(60, () => subject.last(short))).ms,
      all: whole.ms,
      cpuOfAll: whole.cpuMs,
    }
    if ((await subject.all(long)) !== count) throw new Error('What was written is not what is read.')
    return measured
  } finally {
    await subject.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Through JSON, so that each text is one piece: a padded one is joined when it is first used, and that would be measured. */
const messagesUpTo = (count: number): SessionMessage[] =>
  JSON.parse(
    JSON.stringify(
      Array.from({ length: count }, (_, index) => sampleMessage(index + 1, { id: crypto.randomUUID(), run: 'run-1', content: `${index} `.padEnd(250, 'lorem ipsum dolor ') })),
    ),
  )

/** Of this process, in ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

async function write(subject: Subject, session: number, messages: readonly SessionMessage[]): Promise<{ batchMs: number; cpuMs: number }> {
  const steps: (() => unknown)[] = []
  for (let from = 0; from < messages.length; from += batchSize) steps.push(subject.save(session, messages.slice(from, from + batchSize)))
  const batches: number[] = []
  const before = processorMs()
  for (const step of steps) {
    const began = performance.now()
    await step()
    batches.push(performance.now() - began)
  }
  return { batchMs: median(batches), cpuMs: processorMs() - before }
}

async function cost(rounds: number, run: () => Promise<number>): Promise<{ ms: number; cpuMs: number }> {
  const times: number[] = []
  const processor: number[] = []
  for (let round = 0; round < rounds + 3; round += 1) {
    const [began, before] = [performance.now(), processorMs()]
    await run()
    // The first warm it up.
    if (round < 3) continue
    times.push(performance.now() - began)
    processor.push(processorMs() - before)
  }
  return { ms: median(times), cpuMs: median(processor) }
}

const subjects: Record<Ask['layout'], (path: string, driver: SqliteDriver) => Promise<Subject>> = {
  async 'agent-session'(path, driver) {
    const storage: SessionStorage & { acquire: NonNullable<SessionStorage['acquire']>; close(): Promise<void> } = createSqliteStorage({ path, driver })
    const { fence } = await storage.acquire('bench')
    return {
      save(session, messages) {
        const cursor = { epoch: 'e', seq: messages.at(-1)?.seqId ?? 0 }
        const batch: CommitBatch = sampleBatch({ sessionId: `s${session}`, status: 'running' }, messages, { fence, cursor })
        return () => storage.commit(batch)
      },
      // As a store opens a session.
      async last(session) {
        await storage.loadSession(`s${session}`)
        return (await storage.loadMessages(`s${session}`, { limit: pageSize })).length
      },
      all: async (session) => (await storage.loadMessages(`s${session}`)).length,
      close: () => storage.close(),
    }
  },
  'integer key': (path, driver) => raw(path, driver, '(key INTEGER PRIMARY KEY, body TEXT NOT NULL)', 'key', (session, seqId) => [session * rowsAtSeqId + seqId]),
  'composite text key': (path, driver) =>
    raw(path, driver, '(session TEXT, seq INTEGER, body TEXT NOT NULL, PRIMARY KEY (session, seq)) WITHOUT ROWID', 'session, seq', (session, seqId) => [`s${session}`, seqId]),
}

/** Rows of JSON that was made before, with the pragmas that the storage sets. */
async function raw(path: string, driver: SqliteDriver, table: string, key: string, keyOf: (session: number, seqId: number) => (string | number)[]): Promise<Subject> {
  const database: SqliteDatabase = await driver(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec(`CREATE TABLE messages ${table}`)
  const width = keyOf(0, 0).length
  const insert = database.prepare(`INSERT INTO messages (${key}, body) VALUES (${Array(width + 1).fill('?').join(', ')})`)
  const [from, to] = width === 1 ? ['key > ?', 'key < ?'] : ['(session, seq) > (?, ?)', '(session, seq) < (?, ?)']
  const last = database.prepare(`SELECT body FROM messages WHERE ${from} AND ${to} ORDER BY ${key.replaceAll(/\w+/g, '$& DESC')} LIMIT ${pageSize}`)
  const all = database.prepare(`SELECT body FROM messages WHERE ${from} AND ${to} ORDER BY ${key}`)
  const bodies = (rows: readonly unknown[]): number => rows.map((row) => JSON.parse(Object.values(Object(row)).join(''))).length
  const bounds = (session: number): (string | number)[] => [...keyOf(session, 0), ...keyOf(session, rowsAtSeqId - 1)]
  return {
    save(session, messages) {
      const rows = messages.map((message) => [...keyOf(session, message.seqId), JSON.stringify(message)])
      return () => {
        database.exec('BEGIN IMMEDIATE')
        for (const row of rows) insert.run(...row)
        database.exec('COMMIT')
      }
    },
    last: async (session) => bodies(last.all(...bounds(session))),
    all: async (session) => bodies(all.all(...bounds(session))),
    close: async () => void database.close(),
  }
}
