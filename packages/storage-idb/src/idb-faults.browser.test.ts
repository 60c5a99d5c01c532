import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createIdbStorage, type IdbStorageOptions } from './index.ts'
import { batch, message, session } from './test/sample-batch.ts'

let databases = 0
const opened: { close(): Promise<void> }[] = []

/** A storage over a database of its own, or of that name. */
function storageOver(options: IdbStorageOptions = {}) {
  const name = options.name ?? `faults-${(databases += 1)}`
  const storage = createIdbStorage({ ...options, name })
  opened.push(storage)
  return { name, storage }
}

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  await Promise.all(opened.splice(0).map((storage) => storage.close()))
})

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

const rejection = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'it resolved', (thrown: unknown) => thrown)

/** The handles that are opened from now on. */
function watchHandles(): IDBDatabase[] {
  const handles: IDBDatabase[] = []
  const open = indexedDB.open.bind(indexedDB)
  vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
    const request = open(...args)
    request.addEventListener('success', () => handles.push(request.result))
    return request
  })
  return handles
}

/** What is done to the first transactions that begin from now on, one for each function. */
function meddle(...doings: ((transaction: IDBTransaction) => void)[]): void {
  vi.restoreAllMocks()
  const begin = IDBDatabase.prototype.transaction
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const transaction = begin.apply(this, args)
    doings.shift()?.(transaction)
    return transaction
  })
}

describe('F5 a lost connection', () => {
  test('that was closed without a word is opened again, once, and the call goes through', async () => {
    const handles = watchHandles()
    const { storage } = storageOver()
    await storage.commit(batch(1))
    handles[0]?.close()
    await storage.commit(batch(2))
    expect(handles).toHaveLength(2)
    handles[1]?.close()
    expect(await storage.loadMessages('s1')).toEqual([message(1), message(2)])
    expect(handles).toHaveLength(3)
  })

  test('that was told by an event is not used again', async () => {
    const handles = watchHandles()
    const { storage } = storageOver()
    await storage.commit(batch(1))
    handles[0]?.dispatchEvent(new Event('close'))
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    expect(handles).toHaveLength(2)
    handles[0]?.close()
  })

  test('in the middle of a commit is tried once more, and written once', async () => {
    const { storage } = storageOver()
    await storage.commit(batch(1))
    meddle((transaction) => transaction.abort())
    await storage.commit(batch(2))
    meddle((transaction) => transaction.objectStore('messages').put([], ['x', 1]).addEventListener('success', () => transaction.abort()))
    await storage.commit(batch(3))
    expect(await storage.loadMessages('s1')).toEqual([message(1), message(2), message(3)])
    expect(await storage.loadCursor('s1')).toEqual({ epoch: 'e', seq: 3 })
  })

  test('twice in one commit is told, leaves nothing, and the next commit works', async () => {
    const { storage } = storageOver()
    await storage.commit(batch(1))
    const lose = (transaction: IDBTransaction) => transaction.abort()
    meddle(lose, lose)
    await expect(storage.commit(batch(2))).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    await storage.commit(batch(2))
    expect(await storage.loadMessages('s1')).toHaveLength(2)
  })
})

describe('F7 another tab', () => {
  test('that deletes the database is not held up, and what is committed then is there', async () => {
    const { storage, name } = storageOver()
    for (const seqId of [1, 2, 3]) await storage.commit(batch(seqId))
    await settled(indexedDB.deleteDatabase(name))
    expect(await storage.loadSession('s1')).toBeUndefined()
    await storage.commit(batch(4))
    expect(await storage.loadMessages('s1')).toEqual([message(4)])
  })

  test('F11 with a newer version of the app upgrades the database, and this one reads on, and says that it is too old to write', async () => {
    const { storage, name } = storageOver()
    await storage.commit(batch(1))
    const newer = await settled(indexedDB.open(name, 99))
    const tooOld = { code: 'storage-newer-schema', message: expect.stringContaining('reload') }
    await expect(storage.commit(batch(2))).rejects.toMatchObject(tooOld)
    await expect(storage.deleteSessions(['s1'])).rejects.toMatchObject(tooOld)
    await expect(storage.acquire('somebody')).rejects.toMatchObject(tooOld)
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    newer.close()
  })

  test('F11 with a newer version of the app keeps its messages elsewhere, and this one says that it cannot read them', async () => {
    const { storage, name } = storageOver()
    await storage.commit(batch(1))
    const upgrade = indexedDB.open(name, 99)
    upgrade.onupgradeneeded = () => upgrade.result.deleteObjectStore('messages')
    const newer = await settled(upgrade)
    await expect(storage.loadMessages('s1')).rejects.toMatchObject({ code: 'storage-newer-schema' })
    expect((await storage.loadSession('s1'))?.sessionId).toBe('s1')
    newer.close()
  })

  test('that holds the database up is waited for no longer than the limit, and the next call works when it is gone', async () => {
    const clock = createManualClock()
    const handles = watchHandles()
    const { storage, name } = storageOver({ clock, timeoutMs: 5000 })
    // Open, and deaf to the wish of a third one to delete it: whoever opens it now waits in line.
    const deaf = await settled(indexedDB.open(name, 1))
    const deletion = settled(indexedDB.deleteDatabase(name))
    const commit = rejection(storage.commit(batch(1)))
    await clock.advance(5000)
    expect(await commit).toMatchObject({ code: 'storage-timeout' })
    expect(clock.pending).toBe(0)
    deaf.close()
    await deletion
    await storage.commit(batch(1))
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    // The deaf one, the one that came too late and is let go, and the one in use.
    expect(handles).toHaveLength(3)
    expect(() => handles[1]?.transaction('meta')).toThrow(/closing/)
  })

  test('that writes the same session loses nothing, and nothing is lost to it', async () => {
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name })
    for (let seqId = 1; seqId <= 40; seqId += 2) {
      await first.commit(batch(seqId))
      await second.commit({ ...batch(seqId + 1), cursor: { epoch: 'second', seq: seqId } })
    }
    await first.commit({ session: session({ lastSeqId: 40 }), upsert: [message(3, { content: 'changed' })], remove: ['m40'] })
    const expected = Array.from({ length: 39 }, (_, index) => message(index + 1, index === 2 ? { content: 'changed' } : {}))
    expect(await first.loadMessages('s1')).toEqual(expected)
    expect(await second.loadMessages('s1')).toEqual(expected)
    expect(await first.loadCursor('s1')).toEqual({ epoch: 'second', seq: 39 })
    await second.deleteSessions(['s1'])
    await first.commit(batch(41))
    expect(await second.loadMessages('s1')).toEqual([message(41)])
    expect(await second.loadCursor('s1')).toEqual({ epoch: 'e', seq: 41 })
  })

  test('F14 that takes the lease is the only one to write, and the other is told at once', async () => {
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name })
    const old = await first.acquire('first')
    await first.commit({ ...batch(1), fence: old.fence })
    const lease = await second.acquire('second', { steal: true })
    await old.lost
    await expect(first.commit({ ...batch(2), fence: old.fence })).rejects.toMatchObject({ code: 'lease-lost' })
    await second.commit({ ...batch(2), fence: lease.fence })
    expect(await first.loadMessages('s1')).toEqual([message(1), message(2)])
  })

  test('F14 that writes under no lease is seen by the one that has it', async () => {
    const { storage: holder, name } = storageOver()
    const { storage: other } = storageOver({ name })
    const { fence } = await holder.acquire('holder')
    for (const sessionId of ['s1', 's2']) await holder.commit({ ...batch(1, sessionId), fence })
    await other.commit(batch(2))
    // Of another session first: what it remembers of the first one is not so either.
    await holder.commit({ ...batch(1, 's3'), fence })
    const changed = message(1, { content: 'changed' })
    await holder.commit({ ...batch(3), upsert: [changed, message(3)], fence })
    await other.deleteSessions(['s2'])
    await holder.commit({ ...batch(2, 's2'), fence })
    expect(await other.loadMessages('s1')).toEqual([changed, message(2), message(3)])
    expect(await other.loadMessages('s2')).toEqual([message(2)])
  })

  test('F14 that has taken over stops each session of the one before, however many commits that one made', async () => {
    const { storage: first, name } = storageOver()
    const old = await first.acquire('first')
    for (let seqId = 1; seqId <= 130; seqId += 1) {
      await first.commit({ ...batch(seqId), fence: old.fence })
      if (seqId % 50 === 0) await first.deleteSessions(['nobody'], old.fence)
    }
    const { storage: second } = storageOver({ name })
    await second.acquire('second', { steal: true })
    const late = [batch(131), batch(1, 's2')].map((late) => rejection(first.commit({ ...late, fence: old.fence })))
    for (const refusal of await Promise.all(late)) expect(refusal).toMatchObject({ code: 'lease-lost' })
    expect(await second.loadMessages('s1', { limit: 1 })).toEqual([message(130)])
    expect(await second.loadSession('s2')).toBeUndefined()
  })

  test('F14 is waited for where there are no Web Locks, as in a page without TLS, until it answers no more', async () => {
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager)
    const clock = createManualClock()
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name, clock })
    const old = await first.acquire('first')
    const waited = vi.fn()
    const next = second.acquire('second', { onWait: waited })
    await expect.poll(() => waited.mock.calls).toContainEqual(['first'])
    await first.commit({ ...batch(1), fence: old.fence })
    await old.release()
    const given = vi.fn()
    void next.then(given)
    await expect.poll(async () => {
      await clock.advance(1800)
      return given.mock.calls.length
    }).toBe(1)
    await second.commit({ ...batch(2), fence: (await next).fence })
    expect(await first.loadMessages('s1')).toEqual([message(1), message(2)])
    expect(clock.pending).toBe(0)
  })

  test('F14 that takes over is the writer at once where there are no Web Locks, and one that only waits ends with its storage', async () => {
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager)
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name })
    const { storage: third } = storageOver({ name })
    const old = await first.acquire('first')
    await first.commit({ ...batch(1), fence: old.fence })
    const waited = vi.fn()
    const waiting = rejection(third.acquire('third', { onWait: waited }))
    await expect.poll(() => waited.mock.calls.length).toBe(1)
    await third.close()
    expect(await waiting).toMatchObject({ code: 'storage-closed' })
    const lease = await second.acquire('second', { steal: true })
    await expect(first.commit({ ...batch(2), fence: old.fence })).rejects.toMatchObject({ code: 'lease-lost' })
    await old.lost
    await second.commit({ ...batch(2), fence: lease.fence })
    expect(await first.loadMessages('s1')).toEqual([message(1), message(2)])
    await lease.release()
  })

  test('F14 that asks last is the writer where there are neither Web Locks nor a BroadcastChannel', async () => {
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager)
    vi.stubGlobal('BroadcastChannel', undefined)
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name })
    const old = await first.acquire('first')
    const lease = await second.acquire('second')
    await expect(first.commit({ ...batch(1), fence: old.fence })).rejects.toMatchObject({ code: 'lease-lost' })
    await second.commit({ ...batch(1), fence: lease.fence })
  })

  test('F14 that has taken over stops the one before also where a transaction that was told to end does not fail (Firefox)', async () => {
    const commit = vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      this.addEventListener('error', (event) => event.preventDefault())
    })
    const { storage: first, name } = storageOver()
    const old = await first.acquire('first')
    await first.commit({ ...batch(1), fence: old.fence })
    const { storage: second } = storageOver({ name })
    await second.acquire('second', { steal: true })
    await expect(first.commit({ ...batch(2), fence: old.fence })).rejects.toMatchObject({ code: 'lease-lost' })
    expect(await second.loadMessages('s1')).toEqual([message(1)])
    // To find out, once for each of the two; never where it counts.
    expect(commit).toHaveBeenCalledTimes(2)
  })

  test('is told which sessions were written or deleted, once it has asked for that', async () => {
    const { storage: writer, name } = storageOver()
    const { storage: reader } = storageOver({ name })
    const { fence } = await writer.acquire('writer')
    const told: (readonly string[])[] = []
    const end = reader.onChange((sessionIds) => told.push(sessionIds))
    // Until its question has arrived, nobody knows of it.
    await expect.poll(async () => {
      await writer.commit({ ...batch(1), fence })
      return told
    }).toContainEqual(['s1'])
    await writer.deleteSessions(['s1', 's2'], fence)
    await expect.poll(() => told.at(-1)).toEqual(['s1', 's2'])
    end()
    const count = told.length
    await writer.commit({ ...batch(1), fence })
    expect(await reader.loadMessages('s1')).toHaveLength(1)
    expect(told).toHaveLength(count)
  })
})

describe('F15 a writer that does not answer', () => {
  const mute = () => vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => {})

  test('loses the lease to the one that waits, within 10 s, and is told', async () => {
    const clock = createManualClock()
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name, clock })
    const old = await first.acquire('first')
    const waited = vi.fn()
    const lease = second.acquire('second', { onWait: waited })
    await expect.poll(() => clock.pending).toBe(1)
    expect(waited.mock.calls).toEqual([['first']])
    mute()
    // 7.2 s; between two of them there is a task of the browser's, which the manual clock knows nothing of.
    for (let asked = 0; asked < 4; asked += 1) {
      await expect.poll(() => clock.pending).toBe(1)
      await clock.advance(1800)
    }
    const { fence } = await lease
    await old.lost
    expect(fence).toBeGreaterThan(old.fence)
    expect(clock.pending).toBe(0)
    await expect(first.commit({ ...batch(1), fence: old.fence })).rejects.toMatchObject({ code: 'lease-lost' })
  })

  test('keeps it as long as it answers, also to itself', async () => {
    const clock = createManualClock()
    const { storage: first, name } = storageOver()
    const { storage: second } = storageOver({ name, clock })
    const { storage: third } = storageOver({ name, clock })
    const old = await first.acquire('first')
    const waiting = second.acquire('second')
    const overheard = new BroadcastChannel(`agent-session:${name}`)
    for (let seconds = 0; seconds < 60; seconds += 2) {
      await expect.poll(() => clock.pending).toBe(1)
      // Each answer has to arrive: a real message, which the manual clock knows nothing of.
      const answered = new Promise<void>((resolve) => overheard.addEventListener('message', ({ data }) => data === 'pong' && resolve()))
      await clock.advance(2000)
      await answered
    }
    overheard.close()
    await first.commit({ ...batch(1), fence: old.fence })
    await old.release()
    const { fence } = await waiting
    // The same tab asks for a second one: nobody answers, and it waits all the same.
    const again = second.acquire('again')
    for (let asked = 0; asked < 8; asked += 1) {
      await expect.poll(() => clock.pending).toBe(1)
      await clock.advance(1800)
    }
    await second.commit({ ...batch(2), fence })
    await second.close()
    await expect(again).rejects.toMatchObject({ code: 'storage-closed' })
    await third.acquire('third')
    expect(clock.pending).toBe(0)
  })
})

describe('F9 what was stored is gone', () => {
  const problems: string[] = []
  const onProblem = ({ code }: { readonly code: string }) => problems.push(code)
  afterEach(() => problems.splice(0))

  test('since the last visit: that is said, once', async () => {
    const { storage, name } = storageOver({ onProblem })
    await storage.commit(batch(1))
    await storage.close()
    await settled(indexedDB.deleteDatabase(name))
    const { storage: again } = storageOver({ name, onProblem })
    expect(await again.loadSession('s1')).toBeUndefined()
    await expect.poll(() => problems).toEqual(['storage-evicted'])
    await again.close()
    const { storage: later } = storageOver({ name, onProblem })
    await later.commit(batch(1))
    expect(await later.loadMessages('s1')).toHaveLength(1)
    expect(problems).toHaveLength(1)
  })

  test('in the middle of a visit: that is said, what comes then is whole, and the lease stays', async () => {
    const { storage, name } = storageOver({ onProblem })
    const { fence } = await storage.acquire('writer')
    for (const seqId of [1, 2, 3]) await storage.commit({ ...batch(seqId), fence })
    await settled(indexedDB.deleteDatabase(name))
    await storage.commit({ ...batch(4), fence })
    await storage.commit({ ...batch(5), fence })
    expect(await storage.loadMessages('s1')).toEqual([message(4), message(5)])
    await expect.poll(() => problems).toEqual(['storage-evicted'])
    const { storage: other } = storageOver({ name })
    const next = await other.acquire('next', { steal: true })
    expect(next.fence).toBeGreaterThan(fence)
    await expect(storage.commit({ ...batch(6), fence })).rejects.toMatchObject({ code: 'lease-lost' })
  })

  test('is not said of a database that is new, or of another one, or where there is no way to know', async () => {
    const { storage } = storageOver({ onProblem })
    await storage.commit(batch(1))
    vi.stubGlobal('localStorage', undefined)
    const { storage: other } = storageOver({ onProblem })
    await other.commit(batch(1))
    expect(await other.loadMessages('s1')).toHaveLength(1)
    expect(problems).toEqual([])
  })
})

describe('whether the browser may evict what is stored', () => {
  test('is asked by the first that is to write, and the answer can be had', async () => {
    const persist = vi.spyOn(navigator.storage, 'persist').mockResolvedValue(true)
    const { storage } = storageOver()
    await storage.loadSession('s1')
    expect(persist).not.toHaveBeenCalled()
    await storage.acquire('writer')
    expect(persist).toHaveBeenCalledOnce()
    expect(await storage.persist()).toBe(true)
    persist.mockResolvedValue(false)
    expect(await storage.persist()).toBe(false)
  })

  test('is not asked where the app wants to ask itself, and unknown where the browser cannot say', async () => {
    const persist = vi.spyOn(navigator.storage, 'persist').mockRejectedValue(new TypeError('no'))
    const { storage } = storageOver({ persist: false })
    await (await storage.acquire('writer')).release()
    expect(persist).not.toHaveBeenCalled()
    const { storage: asking } = storageOver()
    await asking.acquire('writer')
    vi.spyOn(navigator, 'storage', 'get').mockReturnValue({} as StorageManager)
    expect(await asking.persist()).toBeUndefined()
  })
})

describe('a search', () => {
  test('looks at so many messages and no more, the newest of the newest session first', async () => {
    const { storage } = storageOver({ searchedMessages: 1000 })
    const commit = (sessionId: string, updatedAt: number, count: number) =>
      storage.commit({ session: session({ sessionId, updatedAt, lastSeqId: count }), remove: [], upsert: Array.from({ length: count }, (_, index) => message(index + 1)) })
    await commit('old', 1, 700)
    await commit('new', 2, 700)
    const places = (await storage.search('MESSAGE', { limit: Infinity })).map((hit) => `${hit.sessionId} ${hit.message.seqId}`)
    expect(places).toHaveLength(1000)
    expect([places[0], places[699], places[700], places[999]]).toEqual(['new 700', 'new 1', 'old 700', 'old 401'])
    expect(await storage.search('message 400', { limit: 5 })).toHaveLength(1)
    const reads = vi.spyOn(IDBObjectStore.prototype, 'getAll')
    expect(await storage.search('message', { limit: 3 })).toHaveLength(3)
    // The sessions, and one step of the newest one.
    expect(reads).toHaveBeenCalledTimes(2)
  })
})

test('F6 a request that never settles is given up, leaves nothing, and the next call works', async () => {
  const clock = createManualClock()
  const { storage } = storageOver({ clock, timeoutMs: 5000 })
  await storage.commit(batch(1))
  const get = vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore) {
    // Keeps the transaction busy without ever answering.
    const again = () => this.count().addEventListener('success', again)
    again()
    return new EventTarget() as IDBRequest
  })
  const commit = rejection(storage.commit(batch(2)))
  await clock.advance(5000)
  expect(await commit).toMatchObject({ code: 'storage-timeout', message: expect.stringContaining('5000 ms') })
  get.mockRestore()
  expect(await storage.loadMessages('s1')).toEqual([message(1)])
  await storage.commit(batch(2))
  expect(await storage.loadMessages('s1')).toHaveLength(2)
  expect(clock.pending).toBe(0)
})

describe('F8 no IndexedDB', () => {
  test.each([
    ['there is none', undefined, /there is none for this page: a private window/],
    [
      'it is forbidden',
      {
        open() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        },
      },
      /The operation is insecure\.: a private window/,
    ],
  ])('%s: each call says so, and recovers when there is', async (_, stub, words) => {
    vi.stubGlobal('indexedDB', stub)
    const { storage } = storageOver()
    const refusal = { code: 'storage-unavailable', message: expect.stringMatching(words) }
    await expect(storage.commit(batch(1))).rejects.toMatchObject(refusal)
    await expect(storage.lastSession('p1')).rejects.toMatchObject(refusal)
    vi.unstubAllGlobals()
    await storage.commit(batch(1))
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
  })
})

test('F8 where locks are forbidden (an opaque origin), the lease is refused as the rest is', async () => {
  vi.spyOn(navigator.locks, 'request').mockRejectedValue(new DOMException('Access to the Locks API is denied in this context.', 'SecurityError'))
  const { storage } = storageOver()
  await expect(storage.acquire('writer')).rejects.toMatchObject({ code: 'storage-unavailable', message: expect.stringContaining('denied') })
})

describe('F2 F4 a commit that fails in its middle leaves nothing', () => {
  test('where the quota is used up', async () => {
    const { storage } = storageOver()
    await storage.commit(batch(1))
    const put = IDBObjectStore.prototype.put
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'sessions') throw new DOMException('full', 'QuotaExceededError')
      return put.apply(this, args)
    })
    await expect(storage.commit(batch(2))).rejects.toMatchObject({ code: 'storage-full', message: expect.stringContaining('make room') })
    vi.restoreAllMocks()
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    await storage.commit(batch(2))
    expect(await storage.loadMessages('s1')).toHaveLength(2)
  })

  test('where a value cannot be cloned', async () => {
    const { storage } = storageOver()
    await storage.commit(batch(1))
    const bad = Object.assign({}, message(3), { toolName: () => {} }) as unknown as ReturnType<typeof message>
    await expect(storage.commit({ ...batch(3), upsert: [message(1, { content: 'changed' }), message(2), bad] })).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    expect((await storage.loadSession('s1'))?.lastSeqId).toBe(1)
  })

  test('where a message was given the place of another one', async () => {
    const { storage } = storageOver()
    await storage.commit(batch(1))
    await expect(storage.commit({ ...batch(2), upsert: [message(2), message(1, { id: 'impostor' })] })).rejects.toMatchObject({ code: 'storage-failed' })
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
  })
})

describe('the chunks', () => {
  const recordsOf = async (name: string): Promise<unknown[][]> => {
    const database = await settled(indexedDB.open(name))
    const chunks: unknown[][] = await settled(database.transaction('messages').objectStore('messages').getAll())
    database.close()
    return chunks
  }

  test.each([['under a lease', true], ['under none', false]])('of many small commits %s are joined, so that reading stays cheap', async (_, leased) => {
    const { storage, name } = storageOver()
    const lease = leased && (await storage.acquire('writer'))
    for (let seqId = 1; seqId <= 200; seqId += 1) {
      const upsert = seqId > 1 ? [message(seqId - 1, { content: 'grown' }), message(seqId)] : [message(1)]
      await storage.commit({ ...batch(seqId), upsert, ...(lease && { fence: lease.fence }) })
    }
    const chunks = await recordsOf(name)
    expect(chunks.flat()).toHaveLength(200)
    expect(chunks.length).toBeLessThan(20)
    expect(await storage.loadMessages('s1')).toEqual(Array.from({ length: 200 }, (_, index) => message(index + 1, index < 199 ? { content: 'grown' } : {})))
  })

  test('of large commits stay as they are, and a small one before them is joined with its like', async () => {
    const { storage, name } = storageOver()
    const { fence } = await storage.acquire('writer')
    const commit = (first: number, last: number) =>
      storage.commit({ fence, session: session({ lastSeqId: last }), remove: [], upsert: Array.from({ length: last - first + 1 }, (_, index) => message(first + index)) })
    await commit(1, 100)
    await commit(101, 101)
    await commit(102, 103)
    await commit(104, 203)
    await commit(204, 303)
    expect((await recordsOf(name)).map((chunk) => chunk.length)).toEqual([100, 3, 100, 100])
    expect((await storage.loadMessages('s1', { after: 99, before: 105 })).map((found) => found.seqId)).toEqual([100, 101, 102, 103, 104])
  })

  test('are read only where the wanted page is', async () => {
    const { storage } = storageOver()
    for (let first = 1; first < 5000; first += 100) {
      await storage.commit({ session: session({ lastSeqId: first + 99 }), remove: [], upsert: Array.from({ length: 100 }, (_, index) => message(first + index)) })
    }
    let read = 0
    const getAll = IDBObjectStore.prototype.getAll
    vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request: IDBRequest<unknown[]> = getAll.apply(this, args)
      request.addEventListener('success', () => (read += request.result.flat().length))
      return request
    })
    expect((await storage.loadMessages('s1', { limit: 200 })).map((found) => found.seqId)).toEqual(Array.from({ length: 200 }, (_, index) => 4801 + index))
    expect(read).toBeLessThanOrEqual(400)
    read = 0
    expect((await storage.loadMessages('s1', { before: 2050, limit: 10 })).map((found) => found.seqId)).toEqual(Array.from({ length: 10 }, (_, index) => 2040 + index))
    expect(read).toBeLessThanOrEqual(200)
  })

  test('F10 that are damaged are set aside and reported, and the rest loads', async () => {
    const problems: string[] = []
    const { storage, name } = storageOver({ onProblem: (problem) => problems.push(`${problem.code}: ${problem.message}`) })
    const { fence } = await storage.acquire('writer')
    for (const seqId of [1, 2, 3, 4]) await storage.commit({ ...batch(seqId), fence })
    await storage.commit({ ...batch(1, 's2'), fence })
    const database = await settled(indexedDB.open(name))
    const transaction = database.transaction(['messages', 'sessions'], 'readwrite')
    transaction.objectStore('messages').put('garbage', ['s1', 2])
    transaction.objectStore('messages').put([{ id: 'm3' }], ['s1', 3])
    transaction.objectStore('sessions').put({ record: '{"sess' }, 's2')
    transaction.objectStore('sessions').put('garbage', 's3')
    await new Promise((resolve) => transaction.addEventListener('complete', resolve))
    database.close()
    expect(await storage.loadMessages('s1')).toEqual([message(1), message(4)])
    expect(await storage.loadSession('s2')).toBeUndefined()
    expect((await storage.listSessions()).map((found) => found.sessionId)).toEqual(['s1'])
    expect(problems).toHaveLength(4)
    for (const problem of problems) expect(problem).toMatch(/^storage-corrupt: .+ a damaged record was set aside/)
  })
})

test('where there is no BroadcastChannel, the lease is had, waited for and kept, and nobody is taken for dead', async () => {
  vi.stubGlobal('BroadcastChannel', undefined)
  const clock = createManualClock()
  const { storage: first, name } = storageOver()
  const { storage: second } = storageOver({ name, clock })
  const old = await first.acquire('first')
  second.onChange(() => {})()
  const next = second.acquire('second')
  for (let asked = 0; asked < 8; asked += 1) {
    await expect.poll(() => clock.pending).toBe(1)
    await clock.advance(1800)
  }
  await first.commit({ ...batch(1), fence: old.fence })
  await old.release()
  await second.commit({ ...batch(2), fence: (await next).fence })
  expect(await first.loadMessages('s1')).toHaveLength(2)
})

describe('F10 what no version of this library has written', () => {
  const hostile: readonly unknown[] = [null, 0, 'garbage', [], [[]], {}, [null], [{ id: 'm', seqId: '7', content: 'x' }], [{ id: 'm', seqId: 7, content: null }], [{ id: 5, seqId: 7, content: 'x' }]]

  test.each(hostile.map((value) => [JSON.stringify(value), value]))('%s in the place of a chunk: the rest is read, searched and written', async (_, value) => {
    const { storage, name } = storageOver()
    await storage.commit(batch(1))
    const database = await settled(indexedDB.open(name))
    await settled(database.transaction('messages', 'readwrite').objectStore('messages').put(value, ['s1', 7]))
    database.close()
    expect(await storage.loadMessages('s1')).toEqual([message(1)])
    expect(await storage.search('message')).toHaveLength(1)
    await storage.commit({ ...batch(8), remove: ['m1'] })
    expect(await storage.loadMessages('s1')).toEqual([message(8)])
  })

  test.each([null, 0, 'garbage', {}, { fence: 'x' }, { fence: null, owner: 5 }].map((value) => [JSON.stringify(value), value]))('%s in the place of the writer: the lease is given', async (_, value) => {
    const { storage, name } = storageOver()
    await storage.commit(batch(1))
    const database = await settled(indexedDB.open(name))
    await settled(database.transaction('meta', 'readwrite').objectStore('meta').put(value, 'writer'))
    database.close()
    const { fence } = await storage.acquire('writer')
    await storage.commit({ ...batch(2), fence })
    expect(await storage.loadMessages('s1')).toHaveLength(2)
  })

  test.each([null, 0, 'garbage', {}, { record: 5 }, { record: 'null' }, { record: '{"sessionId":5}' }].map((value) => [JSON.stringify(value), value]))('%s in the place of a session: it is not there, and can be written', async (_, value) => {
    const { storage, name } = storageOver()
    await storage.commit(batch(1))
    const database = await settled(indexedDB.open(name))
    await settled(database.transaction('sessions', 'readwrite').objectStore('sessions').put(value, 's1'))
    database.close()
    expect(await storage.loadSession('s1')).toBeUndefined()
    expect(await storage.loadCursor('s1')).toBeUndefined()
    expect(await storage.listSessions()).toEqual([])
    await storage.commit({ session: session(), upsert: [], remove: [] })
    expect(await storage.listSessions()).toHaveLength(1)
  })
})

test('a message of 50 MB comes back whole, and can grow', async () => {
  const { storage } = storageOver()
  const { fence } = await storage.acquire('writer')
  const content = 'x'.repeat(50 * 2 ** 20)
  await storage.commit({ ...batch(1), upsert: [message(1, { content })], fence })
  await storage.commit({ ...batch(2), upsert: [message(1, { content: `${content}y` }), message(2)], fence })
  const [first, second] = await storage.loadMessages('s1')
  expect(first?.content.length).toBe(content.length + 1)
  expect(second).toEqual(message(2))
})

test('close lets what was asked before have its turn, and leaves no connection', async () => {
  const handles = watchHandles()
  const { storage, name } = storageOver()
  const commits = [1, 2, 3].map((seqId) => storage.commit(batch(seqId)))
  const read = storage.loadSession('s1')
  await storage.close()
  expect(handles).toHaveLength(1)
  expect(() => handles[0]?.transaction('meta')).toThrow(/closing/)
  await Promise.all([...commits, read])
  expect(handles).toHaveLength(1)
  const { storage: again } = storageOver({ name })
  expect(await again.loadMessages('s1')).toHaveLength(3)
})

test('a reload finds what was there, under the same name only', async () => {
  const { storage, name } = storageOver()
  await storage.commit(batch(1))
  await storage.close()
  const { storage: again } = storageOver({ name })
  expect(await again.loadMessages('s1')).toEqual([message(1)])
  const { storage: other } = storageOver()
  expect(await other.listSessions()).toEqual([])
})

test('keys of a permission that name a prototype are left out', async () => {
  const { storage } = storageOver()
  const input: unknown = JSON.parse('{"a":1,"__proto__":{"x":1},"constructor":{"x":1},"deep":{"prototype":1}}')
  await storage.commit({ session: session({ permissions: [{ id: 'q', title: 'May I?', state: 'pending', input, options: [], askedAt: 1 }] }), upsert: [], remove: [] })
  expect((await storage.loadSession('s1'))?.permissions[0]?.input).toStrictEqual({ a: 1, deep: {} })
})

test('the durability is as asked', async () => {
  const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction')
  const { storage: relaxed } = storageOver()
  const { storage: strict } = storageOver({ durability: 'strict' })
  await relaxed.commit(batch(1))
  await strict.commit(batch(1))
  const begun = transaction.mock.results.filter((_, index) => transaction.mock.calls[index]?.[1] === 'readwrite')
  expect(begun.map((result) => (result.type === 'return' ? result.value.durability : undefined))).toEqual(['relaxed', 'strict'])
})
