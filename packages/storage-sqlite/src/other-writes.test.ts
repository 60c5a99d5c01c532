import { createManualClock, type ManualClock } from '@agent-session/core/testing'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { batch } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

/** A storage that listens, and another that writes; each with a clock of its own. */
function two() {
  const path = newPath()
  const clock = createManualClock()
  const reader = createSqliteStorage({ path, clock })
  const writer = createSqliteStorage({ path })
  const told: (readonly string[])[] = []
  const hear = (): (() => void) => reader.onChange((sessionIds) => told.push(sessionIds))
  return { path, clock, reader, writer, told, hear }
}

/** A look, with time for what it reads. */
async function look(clock: ManualClock): Promise<void> {
  await clock.advance(250)
  await new Promise((resolve) => setImmediate(resolve))
}

const session = (sessionId: string) => ({ ...batch(1), session: { ...batch(1).session, sessionId } })

describe('F14 who listens to a file', () => {
  test('hears of each session once a look, whatever happened to it, and of nothing that was before', async () => {
    const { clock, reader, writer, told, hear } = two()
    await writer.commit(session('before'))
    await reader.ready()
    hear()
    await writer.commit(session('a'))
    await writer.commit(session('b'))
    await writer.commit(session('a'))
    await writer.deleteSessions(['b', 'never there'])
    await look(clock)
    await look(clock)
    expect(told).toEqual([['a', 'b']])
    await writer.commit(session('c'))
    await look(clock)
    expect(told.slice(1)).toEqual([['c']])
    await Promise.all([reader.close(), writer.close()])
  })

  test('hears of a session whose name is no text that SQLite could hold as one', async () => {
    const { clock, reader, writer, told, hear } = two()
    await reader.ready()
    hear()
    const odd = ['a\0b', '\ud83d', '']
    for (const id of odd) await writer.commit(session(id))
    await look(clock)
    await look(clock)
    expect(told.flat()).toEqual(odd)
    await Promise.all([reader.close(), writer.close()])
  })

  test('who was away for longer than is remembered hears of all that is there', async () => {
    const { path, clock, reader, writer, told, hear } = two()
    for (const id of ['a', 'b']) await writer.commit(session(id))
    await reader.ready()
    hear()
    await look(clock)
    const database = new DatabaseSync(path)
    database.exec("INSERT INTO written (number, session_id, writer) VALUES (10999, 'a', 'x')")
    await writer.commit(session('a'))
    expect(database.prepare('SELECT count(*) AS rows FROM written').get()).toEqual({ rows: 2 })
    database.close()
    await look(clock)
    expect(told.map((ids) => ids.toSorted())).toEqual([['a', 'b']])
    await Promise.all([reader.close(), writer.close()])
  })

  test('promise 7 looks only while somebody listens', async () => {
    const { clock, reader, writer, told, hear } = two()
    await reader.ready()
    expect(clock.pending).toBe(0)
    const ends = [hear(), hear()]
    await look(clock)
    expect(clock.pending).toBe(1)
    ends[0]?.()
    ends[0]?.()
    expect(clock.pending).toBe(1)
    ends[1]?.()
    await look(clock)
    expect(clock.pending).toBe(0)
    await writer.commit(session('unheard'))
    hear()
    await look(clock)
    await reader.close()
    expect([clock.pending, told]).toEqual([0, []])
    await writer.close()
  })
})
