import { describe, expect, test } from 'vitest'
import { sampleMessage, sampleState } from '../../test/reduced-session.ts'
import { createMemoryStorage, type CommitBatch } from '../index.ts'
import { recordOf } from '../session/session-state.ts'
import { createFaultyStorage } from './faulty-storage.ts'
import { createManualClock } from './manual-clock.ts'

const batch = (id: string): CommitBatch => ({ session: recordOf(sampleState({ lastSeqId: 1 })), upsert: [sampleMessage(id, 1)], remove: [] })

function faulty() {
  const clock = createManualClock()
  const disk = createMemoryStorage()
  return { clock, disk, storage: createFaultyStorage({ storage: disk, clock }), ids: async () => (await disk.loadMessages('s')).map(({ id }) => id) }
}

describe('the faulty storage', () => {
  test('without faults does what the wrapped one does', async () => {
    const { storage } = faulty()
    await storage.commit(batch('a'))
    expect(await storage.loadMessages('s')).toMatchObject([{ id: 'a' }])
    expect(await storage.loadSession('s')).toMatchObject({ sessionId: 's' })
    expect(await storage.lastSession('p')).toMatchObject({ sessionId: 's' })
    expect(await storage.listSessions('p')).toHaveLength(1)
    expect(await storage.search?.('a')).toHaveLength(1)
    expect(await storage.loadCursor?.('s')).toBeUndefined()
    expect(await storage.acquire?.('me')).toMatchObject({ fence: 1 })
    await storage.deleteSessions(['s'])
    expect(await storage.loadSession('s')).toBeUndefined()
  })

  test('cannot do what the wrapped one cannot', () => {
    const { acquire: _a, search: _s, loadCursor: _l, ...disk } = createMemoryStorage()
    const storage = createFaultyStorage({ storage: { ...disk, atomic: false }, clock: createManualClock() })
    expect([storage.acquire, storage.search, storage.loadCursor, storage.atomic]).toEqual([undefined, undefined, undefined, false])
  })

  test('is slow', async () => {
    const { storage, clock, ids } = faulty()
    storage.slow(100)
    void storage.commit(batch('a'))
    await clock.advance(99)
    expect(await ids()).toEqual([])
    await clock.advance(1)
    expect(await ids()).toEqual(['a'])
  })

  test('fails the next commits, writing nothing', async () => {
    const { storage, ids } = faulty()
    storage.failNext(2)
    await expect(storage.commit(batch('a'))).rejects.toMatchObject({ code: 'storage-failed' })
    await expect(storage.deleteSessions(['s'])).rejects.toMatchObject({ code: 'storage-failed' })
    await storage.commit(batch('a'))
    expect(await ids()).toEqual(['a'])
    expect(storage.commits).toHaveLength(2)
  })

  test('loses the answer of a commit that was written', async () => {
    const { storage, ids } = faulty()
    storage.loseAnswers(1)
    await expect(storage.commit(batch('a'))).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await ids()).toEqual(['a'])
    await storage.commit(batch('a'))
  })

  test('hangs until it is released, and counts what is under way', async () => {
    const { storage, clock, ids } = faulty()
    storage.hang()
    const both = Promise.all([storage.commit(batch('a')), storage.commit(batch('b'))])
    await clock.advance(1_000_000)
    expect([storage.committing, storage.mostCommitting]).toEqual([2, 2])
    expect(await ids()).toEqual([])
    storage.release()
    await both
    expect([storage.committing, storage.mostCommitting]).toEqual([0, 2])
  })

  test('crashes between operations: nothing after is written or answers', async () => {
    const { storage, clock, ids } = faulty()
    storage.crash(1)
    await storage.commit(batch('a'))
    let answered = false
    void storage.commit(batch('b')).finally(() => (answered = true))
    void storage.loadSession('s').finally(() => (answered = true))
    await clock.advance(1_000_000)
    expect(answered).toBe(false)
    expect(await ids()).toEqual(['a'])
  })

  test('fails to read', async () => {
    const { storage } = faulty()
    storage.failReads(new Error('bad sector'))
    await expect(storage.loadMessages('s')).rejects.toThrow('bad sector')
    storage.failReads(undefined)
    expect(await storage.loadMessages('s')).toEqual([])
  })

  test('once closed refuses, and leaves the wrapped one open', async () => {
    const { storage, ids } = faulty()
    await storage.commit(batch('a'))
    await storage.close?.()
    expect(storage.closed).toBe(true)
    await expect(storage.loadMessages('s')).rejects.toMatchObject({ code: 'storage-closed' })
    expect(await ids()).toEqual(['a'])
  })
})
