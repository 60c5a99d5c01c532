import { describe, expect, test } from 'vitest'
import { impatient } from '../../test/impatient-clock.ts'
import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { AgentSessionError } from '../errors.ts'
import type { CommitBatch, MessageRecord, SessionStorage } from '../ports/session-storage.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { storageCases, type StorageSetup } from './index.ts'
import { fullSession } from './sample-records.ts'

type Storage = ReturnType<typeof createMemoryStorage> & Pick<Required<SessionStorage>, 'onChange'>
type Plant = (storage: Storage) => SessionStorage

/** Memory storages that can be closed and opened again over what they hold, each with the same bug. */
function setupWith(plant: Plant): StorageSetup {
  let disk = createMemoryStorage()
  return {
    shared: true,
    clock: impatient,
    open: async () => {
      disk = createMemoryStorage({ leases: 'wait' })
      news.clear()
      return plant(viewOf(disk))
    },
    reopen: async () => plant(viewOf(disk)),
  }
}

/** Who listens to the views of the disk that is open, with the view that it listens to. */
const news = new Map<(ids: readonly string[]) => void, object>()

/** The same data, with a close of its own. */
function viewOf(disk: ReturnType<typeof createMemoryStorage>): Storage {
  const self = {}
  const tell = (ids: readonly string[]): void => {
    for (const [listener, view] of news) if (view !== self) listener(ids)
  }
  let closed = false
  const ends: (() => void | Promise<void>)[] = []
  const open = async (): Promise<typeof disk> => {
    if (closed) throw new AgentSessionError('storage-closed', 'closed')
    return disk
  }
  return {
    acquire: async (owner, request) => {
      const storage = await open()
      const withdrawn = new Promise<void>((withdraw) => {
        ends.unshift(withdraw)
        void request?.withdrawn?.then(withdraw)
      })
      try {
        const lease = await storage.acquire(owner, { ...request, withdrawn })
        ends.push(() => lease.release())
        return lease
      } catch (thrown) {
        await open()
        throw thrown
      }
    },
    commit: async (batch) => {
      await (closed ? open() : disk.commit(batch))
      tell([batch.session.sessionId])
    },
    lastSession: async (projectId) => (await open()).lastSession(projectId),
    listSessions: async (projectId, page) => (await open()).listSessions(projectId, page),
    loadSession: async (sessionId) => (await open()).loadSession(sessionId),
    loadCursor: async (sessionId) => (await open()).loadCursor(sessionId),
    loadMessages: async (sessionId, range) => (await open()).loadMessages(sessionId, range),
    deleteSessions: async (ids, fence) => {
      await (closed ? open() : disk.deleteSessions(ids, fence))
      tell(ids)
    },
    search: async (text, page) => (await open()).search(text, page),
    onChange: (listener) => {
      const own = (ids: readonly string[]): void => listener(ids)
      news.set(own, self)
      return () => void news.delete(own)
    },
    close: async () => {
      closed = true
      for (const [listener, view] of news) if (view === self) news.delete(listener)
      for (const end of ends.splice(0)) await end()
    },
  }
}

const mapMessages =
  (change: (message: MessageRecord) => MessageRecord): Plant =>
  (storage) => ({ ...storage, loadMessages: async (...range) => (await storage.loadMessages(...range)).map(change) })

const mapSession =
  (change: (session: SessionRecord) => SessionRecord): Plant =>
  (storage) => ({
    ...storage,
    loadSession: async (id) => {
      const session = await storage.loadSession(id)
      return session && change(session)
    },
  })

const mapBatch =
  (change: (batch: CommitBatch) => CommitBatch): Plant =>
  (storage) => ({ ...storage, commit: (batch) => storage.commit(change(batch)) })

const without = <T extends object>(value: T, ...fields: (keyof T)[]): T => {
  const copy = { ...value }
  for (const field of fields) Reflect.deleteProperty(copy, field)
  return copy
}

/** Keys the sessions otherwise than by their id. */
const keyed =
  (key: (sessionId: string) => string): Plant =>
  (storage) => ({
    ...storage,
    commit: (batch) => storage.commit({ ...batch, session: { ...batch.session, sessionId: key(batch.session.sessionId) } }),
    loadSession: (id) => storage.loadSession(key(id)),
    loadMessages: (id, range) => storage.loadMessages(key(id), range),
    loadCursor: (id) => storage.loadCursor(key(id)),
    deleteSessions: (ids) => storage.deleteSessions(ids.map(key)),
  })

const oneByOne: Plant = (storage) => ({
  ...storage,
  commit: async ({ session, upsert, remove, cursor }) => {
    await storage.commit({ session, upsert: [], remove, ...(cursor && { cursor }) })
    for (const message of upsert) await storage.commit({ session, upsert: [message], remove: [] })
  },
})

/** Copies by plain assignment, as many merge functions do. */
function assigned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(assigned)
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = assigned(inner)
  return copy
}

/** For each case, a storage that is right but for one thing. */
const bugs: Record<string, Plant> = {
  'a fresh database holds nothing': (storage) => ({ ...storage, lastSession: () => storage.loadSession('s1').then((found) => found ?? sample) }),
  'a session with every optional field comes back equal': mapSession((session) => without(session, 'continuity')),
  'a session without optional fields comes back equal': mapSession((session) => ({ ...session, error: session.error ?? '' })),
  'an optional field of a session that goes away is gone': (storage) => ({
    ...storage,
    commit: async (batch) => storage.commit({ ...batch, session: { ...(await storage.loadSession(batch.session.sessionId)), ...batch.session } }),
  }),
  'a session replaces the stored one in every field': (storage) => ({
    ...storage,
    // As an UPDATE that leaves out what "never changes".
    commit: async (batch) => {
      const { createdAt } = (await storage.loadSession(batch.session.sessionId)) ?? batch.session
      await storage.commit({ ...batch, session: { ...batch.session, createdAt } })
    },
  }),
  'a field of a session that a later version adds is kept': mapSession((session) => {
    const known = new Set([...Object.keys(sample), ...Object.keys(fullSession)])
    const later = Object.keys(session).filter((field) => !known.has(field))
    return without(session, ...(later as (keyof SessionRecord)[]))
  }),
  'a message with every optional field comes back equal': mapMessages((message) => without(message, 'truncated')),
  'a message without optional fields comes back equal, in every role': mapMessages((message) => ({ ...message, toolName: message.toolName ?? '' })),
  'each optional field of a message comes back alone, and is gone when it goes away': mapMessages((message) => (message.toolName === '' ? without(message, 'toolName') : message)),
  'text that ends in the middle of a character survives': mapMessages((message) => ({ ...message, content: new TextDecoder().decode(new TextEncoder().encode(message.content)) })),
  'text that looks like something else stays that text': mapMessages((message) => ({ ...message, content: message.content.replaceAll('\r\n', '\n') })),
  'data of many levels comes back whole': mapSession((session) => ({ ...session, permissions: session.permissions.map((one) => ({ ...one, input: cutOff(one.input, 50) })) })),
  'what was given may be changed afterwards': (storage) => {
    let given: CommitBatch | undefined
    return {
      ...storage,
      commit: async (batch) => {
        given = batch
      },
      loadMessages: async () => [...(given?.upsert ?? [])],
    }
  },
  'what was got may be changed': (storage) => {
    const cache = new Map<string, Promise<SessionRecord | undefined>>()
    return {
      ...storage,
      loadSession: (id) => {
        const cached = cache.get(id) ?? storage.loadSession(id)
        cache.set(id, cached)
        return cached
      },
    }
  },
  'a key named like a prototype does not become one': (storage) => {
    let permissions: SessionRecord['permissions'] = []
    return {
      ...storage,
      commit: async (batch) => {
        permissions = batch.session.permissions.map((question) => ({ ...question, input: assigned(question.input) }))
        await storage.commit(batch)
      },
      loadSession: async (id) => {
        const session = await storage.loadSession(id)
        return session && { ...session, permissions }
      },
    }
  },
  'a message replaces the one of its id, and no other': (storage) => ({
    ...storage,
    commit: async (batch) => {
      const known = new Set((await storage.loadMessages(batch.session.sessionId)).map((message) => message.id))
      await storage.commit({ ...batch, upsert: batch.upsert.filter((message) => !known.has(message.id)) })
    },
  }),
  'a message that was removed and comes again in another place is there once': (storage) => {
    // Removals are remembered by id, as tombstones that outlive what they were for.
    const gone = new Set<string>()
    return {
      ...storage,
      commit: async (batch) => {
        for (const id of batch.remove) gone.add(id)
        await storage.commit(batch)
      },
      loadMessages: async (...range) => (await storage.loadMessages(...range)).filter((message) => !gone.has(message.id)),
    }
  },
  'a message that is removed and given in one batch is there as it was given': (storage) => ({
    ...storage,
    commit: async (batch) => {
      await storage.commit({ ...batch, remove: [] })
      await storage.commit({ ...batch, upsert: [] })
    },
  }),
  'a removed message is gone for good, and leaves a hole': mapBatch((batch) => ({ ...batch, remove: batch.remove.slice(1) })),
  'a removal of an unknown message is ignored': (storage) => ({
    ...storage,
    commit: async (batch) => {
      const known = (await storage.loadMessages(batch.session.sessionId)).map((message) => message.id)
      for (const id of batch.remove) if (!known.includes(id)) throw new Error(`no message ${id}`)
      await storage.commit(batch)
    },
  }),
  'sessions with the same message ids do not touch each other': (storage) => ({
    ...storage,
    commit: async (batch) => {
      for (const other of await storage.listSessions()) {
        const session = await storage.loadSession(other.sessionId)
        if (session) await storage.commit({ session, upsert: [], remove: batch.remove })
      }
      await storage.commit(batch)
    },
  }),
  'session ids with every awkward character stay apart': keyed((id) => id.toLowerCase()),
  'ids that read the same when they are put together stay apart': (storage) => {
    const owners = new Map<string, string>()
    return {
      ...storage,
      // One table of messages, by a joined key: the last one of a key has it.
      commit: async (batch) => {
        await storage.commit(batch)
        for (const { id } of batch.upsert) owners.set(`${batch.session.sessionId}:${id}`, batch.session.sessionId)
      },
      loadMessages: async (id, range) => (await storage.loadMessages(id, range)).filter((message) => owners.get(`${id}:${message.id}`) === id),
    }
  },
  'project ids with every awkward character stay apart, also where one begins with another': (storage) => ({
    ...storage,
    listSessions: async (projectId, page) => {
      const all = await storage.listSessions(undefined, { limit: 1000 })
      return all.filter((session) => session.projectId.startsWith(projectId ?? '')).slice(0, page?.limit)
    },
  }),
  'message ids with every awkward character stay apart': mapBatch((batch) => ({ ...batch, upsert: batch.upsert.map((message) => ({ ...message, id: message.id.normalize() })) })),
  'a deleted session leaves nothing, and others are not touched': (storage) => ({
    ...storage,
    deleteSessions: async (ids) => {
      for (const id of ids) {
        const cursor = await storage.loadCursor(id)
        await storage.deleteSessions([id])
        if (cursor) left.set(id, cursor)
      }
    },
    loadCursor: async (id) => (await storage.loadCursor(id)) ?? left.get(id),
  }),
  'messages come in seqId order, whatever the order they were given in': (storage) => ({
    ...storage,
    loadMessages: async (...range) => (await storage.loadMessages(...range)).toSorted((a, b) => String(a.seqId).localeCompare(String(b.seqId))),
  }),
  'T23 order is that of the seqIds, also of large ones, and not that of the timestamps': (storage) => ({
    ...storage,
    loadMessages: async (...range) => (await storage.loadMessages(...range)).toSorted((a, b) => (a.seqId | 0) - (b.seqId | 0)),
  }),
  'a range gives the newest that fit, both ends exclusive, in seqId order': (storage) => ({
    ...storage,
    loadMessages: async (id, range = {}) => (await storage.loadMessages(id, without(range, 'limit'))).slice(0, range.limit),
  }),
  'a range passes over a wide hole': (storage) => ({
    ...storage,
    // Counts on seqIds without holes.
    loadMessages: async (id, range = {}) => {
      const last = range.before ?? ((await storage.loadSession(id))?.lastSeqId ?? 0) + 1
      return storage.loadMessages(id, range.limit === undefined ? range : { ...range, after: Math.max(range.after ?? 0, last - range.limit - 1) })
    },
  }),
  'the last session of a project is the one with the newest updatedAt': (storage) => {
    let last: string | undefined
    return {
      ...storage,
      commit: async (batch) => {
        await storage.commit(batch)
        last = batch.session.sessionId
      },
      lastSession: async (projectId) => {
        const found = last === undefined ? undefined : await storage.loadSession(last)
        return found?.projectId === projectId ? found : storage.lastSession(projectId)
      },
    }
  },
  'the last session of a project is the first of its list, also where several have one time': (storage) => ({
    ...storage,
    lastSession: async (projectId) => {
      const all = await storage.listSessions(projectId, { limit: Infinity })
      const last = all.findLast(({ updatedAt }) => updatedAt === all[0]?.updatedAt)
      return last && storage.loadSession(last.sessionId)
    },
  }),
  'sessions are listed newest first, of one project or of all': (storage) => ({
    ...storage,
    listSessions: async (...page) => (await storage.listSessions(...page)).toReversed(),
  }),
  'a listed session shows what its record says': (storage) => ({
    ...storage,
    listSessions: async (...page) => (await storage.listSessions(...page)).map((session) => without(session, 'pinned')),
  }),
  'pages of a list hold every session once, also where many have one time': (storage) => ({
    ...storage,
    // Pages by time, as a cursor does that forgets that times are not unique.
    listSessions: async (projectId, page = {}) => {
      const all = await storage.listSessions(projectId, { limit: 1000 })
      const first = all[page.offset ?? 0]
      return all.filter((session) => first !== undefined && session.updatedAt <= first.updatedAt).slice(0, page.limit ?? 100)
    },
  }),
  'the cursor is that of the last commit that had one': (storage) => {
    const cursors = new Map<string, CommitBatch['cursor']>()
    return {
      ...storage,
      commit: async (batch) => {
        await storage.commit(batch)
        cursors.set(batch.session.sessionId, batch.cursor)
      },
      loadCursor: async (id) => cursors.get(id),
    }
  },
  'a search finds the text as it is written, newest first, and nothing that is gone': (storage) => ({
    ...storage,
    search: async (text, page) => {
      const pattern = new RegExp(text.replaceAll('%', '.*').replaceAll('_', '.'), 'i')
      const hits = await storage.search(' ', { limit: 1000 })
      return text === '' ? [] : hits.filter((hit) => pattern.test(hit.message.content)).slice(page?.offset ?? 0, (page?.offset ?? 0) + (page?.limit ?? 100))
    },
  }),
  'a search looks for the characters, anywhere in the text of every message': (storage) => ({
    ...storage,
    // As an index of words does.
    search: async (text, page) =>
      (await storage.search(text, page)).filter(({ message }) => message.content.toLowerCase().split(/\W+/).includes(text.toLowerCase())),
  }),
  'pages of a search hold every hit once, in the order of sessions and seqIds': (storage) => ({
    ...storage,
    search: async (text, { limit = 100, offset = 0 } = {}) =>
      (await storage.search(text, { limit: Infinity })).toSorted((a, b) => b.message.timestamp - a.message.timestamp).slice(offset, offset + limit),
  }),
  'F2 a commit that fails leaves nothing of itself': oneByOne,
  'F2 a first commit that fails leaves no session': oneByOne,
  'a storage works on after a commit that failed': (storage) => {
    let broken = false
    return {
      ...storage,
      commit: async (batch) => {
        if (broken) throw new Error('cannot start a transaction within a transaction')
        broken = true
        await storage.commit(batch)
        broken = false
      },
    }
  },
  'a commit that is given again changes nothing': (storage) => ({
    ...storage,
    commit: async (batch) => {
      const before = await storage.loadMessages(batch.session.sessionId)
      const same = batch.upsert.filter((message) => before.some((known) => JSON.stringify(known) === JSON.stringify(message)))
      if (same.length > 0) throw new Error('UNIQUE constraint failed')
      await storage.commit(batch)
    },
  }),
  'commits of different sessions at one time all arrive': (storage) => {
    let pending: CommitBatch | undefined
    return {
      ...storage,
      commit: async (batch) => {
        pending = batch
        await Promise.resolve()
        await storage.commit(pending)
      },
    }
  },
  'commits of one session that do not wait for each other apply in their order': (storage) => {
    let turns = 30
    return {
      ...storage,
      commit: async (batch) => {
        for (let wait = (turns -= 10); wait > 0; wait -= 1) await Promise.resolve()
        await storage.commit(batch)
      },
    }
  },
  'T9 commits and deletions that do not wait for each other apply in their order': (storage) => ({
    ...storage,
    commit: async (batch) => {
      await Promise.resolve()
      await storage.commit(batch)
    },
  }),
  'a reader sees all of a commit or nothing of it, and all of it once it has resolved': (storage) => ({
    ...storage,
    // Never half where it fails, but seen before its time.
    commit: async ({ fence, upsert, ...batch }) => {
      await storage.commit({ ...batch, upsert: [], ...(fence !== undefined && { fence }) })
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      await storage.commit({ ...batch, upsert })
    },
  }),
  'a reader sees all of a deletion or nothing of it': (storage) => ({
    ...storage,
    deleteSessions: async (ids, fence) => {
      for (const id of ids) {
        const session = await storage.loadSession(id)
        const remove = (await storage.loadMessages(id)).map((message) => message.id)
        if (session) await storage.commit({ session, upsert: [], remove: remove.slice(1) })
      }
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      await storage.deleteSessions(ids, fence)
    },
  }),
  'many reads at one time are all answered': (storage) => {
    let isReading = false
    return {
      ...storage,
      loadMessages: async (...range) => {
        if (isReading) throw new AgentSessionError('storage-failed', 'a transaction is open')
        isReading = true
        try {
          return await storage.loadMessages(...range)
        } finally {
          isReading = false
        }
      },
    }
  },
  'a batch may be large, and a list of ids long': (storage) => ({
    ...storage,
    deleteSessions: async (ids, fence) => {
      if (ids.length > 999) throw new AgentSessionError('storage-failed', 'too many SQL variables')
      await storage.deleteSessions(ids, fence)
    },
  }),
  'F14 what is under way when the lease is taken away is there by then, or refused': (storage) => {
    let newest = 0
    return {
      ...storage,
      acquire: async (owner, request) => {
        const lease = await storage.acquire(owner, request)
        newest = lease.fence
        return lease
      },
      // Looks at the fence before it waits for its turn, and not when it writes.
      commit: async ({ fence = newest, ...batch }) => {
        if (fence < newest) throw new AgentSessionError('lease-lost', 'lost')
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
        await storage.commit(batch)
      },
    }
  },
  'F14 a lease that was released is not said to be lost': (storage) => ({
    ...storage,
    acquire: async (owner, request) => {
      const lease = await storage.acquire(owner, request)
      let tell = (): void => {}
      const released = new Promise<void>((resolve) => (tell = resolve))
      return { ...lease, lost: Promise.race([lease.lost, released]), release: () => lease.release().then(() => tell()) }
    },
  }),
  'F14 a lease that was given is not withdrawn': (storage) => ({
    ...storage,
    acquire: async (owner, request) => {
      const lease = await storage.acquire(owner, request)
      return { ...lease, lost: Promise.race([lease.lost, ...(request?.withdrawn ? [request.withdrawn] : [])]) }
    },
  }),
  'F14 a lease is one for all storages that are open on the database': (storage) => {
    // Leases of this storage alone.
    const own = createMemoryStorage({ leases: 'wait' })
    return {
      ...storage,
      acquire: (owner, request) => own.acquire(owner, request),
      commit: async ({ fence, ...batch }) => {
        await own.deleteSessions([], fence)
        await storage.commit(batch)
      },
    }
  },
  'F14 a lease that is taken away has a lower fence, is refused and is told': mapBatch((batch) => without(batch, 'fence')),
  'F14 a lease that somebody holds is waited for, and given when it is released': (storage) => ({
    ...storage,
    acquire: (owner, request) => storage.acquire(owner, { ...request, steal: true }),
  }),
  'F14 who does not wait for a lease any more is not given it': (storage) => ({
    ...storage,
    acquire: (owner, request = {}) => storage.acquire(owner, without(request, 'withdrawn')),
  }),
  'F14 closing ends the waiting for a lease, and gives the lease back': (storage) => ({
    ...storage,
    acquire: (owner, request) =>
      storage.acquire(owner, request).catch(() => {
        throw new Error('the connection went away')
      }),
  }),
  'F14 a refused fence leaves nothing of the batch': (storage) => ({
    ...storage,
    commit: async (batch) => {
      await storage.commit(without(batch, 'fence'))
      await storage.commit(batch)
    },
  }),
  'what was committed is there when the database is opened again': mapBatch((batch) => ({ ...batch, remove: [] })),
  'F1 what was acknowledged is there after a crash, without a close': (storage) => {
    const buffer: CommitBatch[] = []
    const flush = async (): Promise<void> => {
      for (const batch of buffer.splice(0)) await storage.commit(batch)
    }
    return {
      ...storage,
      commit: async (batch) => void buffer.push(batch),
      deleteSessions: (ids, fence) => flush().then(() => storage.deleteSessions(ids, fence)),
      close: () => flush().then(() => storage.close()),
    }
  },
  'storages that are open on one database read and write the same': (storage) => {
    const cache = new Map<string, Promise<MessageRecord[]>>()
    return {
      ...storage,
      commit: async (batch) => {
        cache.delete(batch.session.sessionId)
        await storage.commit(batch)
      },
      loadMessages: (id, range) => {
        if (range !== undefined) return storage.loadMessages(id, range)
        const cached = cache.get(id) ?? storage.loadMessages(id)
        cache.set(id, cached)
        return cached
      },
    }
  },
  'who listens is told what another storage wrote and deleted, when it can be read, until it unsubscribes': (storage) => ({
    ...storage,
    onChange: (listener) => {
      storage.onChange(listener)
      return () => {}
    },
  }),
  'a commit that resolved before or during the close is there afterwards, one that rejected is not': (storage) => {
    const buffer: CommitBatch[] = []
    return {
      ...storage,
      commit: async (batch) => {
        if (buffer.push(batch) >= 3) for (const waiting of buffer.splice(0)) await storage.commit(waiting)
      },
    }
  },
  'after close every method rejects with storage-closed, and close may be called again': (storage) => ({ ...storage, close: async () => {} }),
  'a storage may be closed before it was used': (storage) => ({
    ...storage,
    close: async () => {
      if ((await storage.listSessions()).length === 0) throw new Error('not open')
    },
  }),
  'a message of megabytes comes back whole': mapMessages((message) => ({ ...message, content: message.content.slice(0, 65_536) })),
  'a long session is whole and in order, from its end, by pages and at once': (storage) => ({
    ...storage,
    loadMessages: async (id, range) => (await storage.loadMessages(id, range)).slice(-1000),
  }),
  'what a commit and a page cost does not grow with the session': (storage) => ({
    ...storage,
    // Writes the whole session anew.
    commit: async (batch) => {
      await storage.commit(batch)
      JSON.parse(JSON.stringify(await storage.loadMessages(batch.session.sessionId)))
    },
  }),
}

function cutOff(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return null
  if (Array.isArray(value)) return value.map((inner) => cutOff(inner, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutOff(inner, levels - 1)]))
}

const left = new Map<string, NonNullable<CommitBatch['cursor']>>()
const sample: SessionRecord = {
  sessionId: 's1', projectId: 'p1', provider: '', status: 'idle', costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0,
  usageBeforeRun: { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }, model: '', modes: [], models: [], commands: [], plan: [],
  permissions: [], queue: [], options: {}, turns: 0, createdAt: 0, updatedAt: 0, lastSeqId: 0,
}

describe('the memory storage keeps every promise of the port', () => {
  for (const { name, run } of storageCases) test(name, () => run({ open: async () => createMemoryStorage() }))
})

describe('also where its lease is waited for', () => {
  for (const { name, run } of storageCases) test(name, () => run({ open: async () => createMemoryStorage({ leases: 'wait' }), shared: true }))
})

describe('the same with a disk behind it, that can be opened again', () => {
  for (const { name, run } of storageCases) test(name, () => run(setupWith((storage) => storage)))
})

describe('each case fails on a storage with one bug', () => {
  test('there is a bug for each', () => {
    expect(Object.keys(bugs).toSorted()).toEqual(storageCases.map((found) => found.name).toSorted())
  })

  for (const { name, run } of storageCases) {
    test(name, async () => {
      const plant = bugs[name]
      if (!plant) throw new Error('no bug is planted for this case')
      await expect(run(setupWith(plant))).rejects.toThrow(/./)
    })
  }

  test('what fails says what was expected and what came', async () => {
    const found = storageCases.find((known) => known.name.startsWith('a message of megabytes'))
    await expect(found?.run(setupWith(mapMessages((message) => ({ ...message, content: 'cut' }))))).rejects.toThrow(
      /^loadMessages: got "cut", expected "line 0 .* at 0\.content\nBroken promise: a message of megabytes comes back whole$/,
    )
  })

  test('a list of another length is told by the first place that differs', async () => {
    const found = storageCases.find((known) => known.name.startsWith('a removed message'))
    await expect(found?.run(setupWith(mapBatch((batch) => ({ ...batch, remove: batch.remove.slice(1) }))))).rejects.toThrow(
      /^after the removal: got 3 elements, expected 2; from 1 on they differ: got \{"id":"m2".*, expected \{"id":"m3"/,
    )
  })

  test('a method that never settles, or rejects without a code, is told whatever its case looks at', async () => {
    const [found] = storageCases
    const hangs = setupWith((storage) => ({ ...storage, loadSession: () => new Promise(() => {}) }))
    await expect(found?.run(hangs)).rejects.toThrow(/^loadSession\("s1"\) never settled/)
    const fails = setupWith((storage) => ({ ...storage, listSessions: () => Promise.reject(new Error('EIO')) }))
    await expect(found?.run(fails)).rejects.toThrow(/^listSessions rejected with "EIO", which is no AgentSessionError/)
    const throws = setupWith((storage) => ({ ...storage, search: () => { throw new Error('no index') } }))
    await expect(found?.run(throws)).rejects.toThrow(/^search threw instead of rejecting: no index/)
  })
})

test('cases about methods that a storage does not have ask nothing of it', async () => {
  const bare: Plant = (storage) => without(storage, 'acquire', 'search', 'loadCursor', 'onChange', 'close')
  for (const { run } of storageCases) await run({ open: async () => bare(viewOf(createMemoryStorage())) })
})

test('cases about atomicity are off for a storage that says it is not', async () => {
  const legacy: Plant = (storage) => ({ ...oneByOne(storage), atomic: false })
  for (const { name, run } of storageCases) if (name.startsWith('F2')) await run({ open: async () => legacy(viewOf(createMemoryStorage())) })
})

describe('what the host of a storage that is not atomic cannot do', () => {
  const cannot = async (): Promise<never> => {
    throw new AgentSessionError('not-supported', 'The host cannot.')
  }
  const cases = storageCases.filter(({ name }) => name === 'sessions are listed newest first, of one project or of all')

  test('is passed over', async () => {
    for (const { run } of cases) await run({ open: async () => ({ ...createMemoryStorage(), atomic: false, listSessions: cannot }) })
  })

  test('is missed in any other', async () => {
    expect(cases).toHaveLength(1)
    for (const { run } of cases) await expect(run({ open: async () => ({ ...createMemoryStorage(), listSessions: cannot }) })).rejects.toThrow('The host cannot.')
  })
})
