import { describe, expect, test } from 'vitest'
import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { AgentSessionError } from '../errors.ts'
import type { CommitBatch, MessageRecord, SessionStorage } from '../ports/session-storage.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { storageCases, type StorageSetup } from './index.ts'

type Storage = ReturnType<typeof createMemoryStorage>
type Plant = (storage: Storage) => SessionStorage

/** Memory storages that can be closed and opened again over what they hold, each with the same bug. */
function setupWith(plant: Plant): StorageSetup {
  let disk = createMemoryStorage()
  return {
    shared: true,
    open: async () => {
      disk = createMemoryStorage({ leases: 'wait' })
      return plant(viewOf(disk))
    },
    reopen: async () => plant(viewOf(disk)),
  }
}

/** The same data, with a close of its own. */
function viewOf(disk: Storage): Storage {
  let closed = false
  const ends: (() => void | Promise<void>)[] = []
  const open = async (): Promise<Storage> => {
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
    commit: (batch) => (closed ? open().then() : disk.commit(batch)),
    lastSession: async (projectId) => (await open()).lastSession(projectId),
    listSessions: async (projectId, page) => (await open()).listSessions(projectId, page),
    loadSession: async (sessionId) => (await open()).loadSession(sessionId),
    loadCursor: async (sessionId) => (await open()).loadCursor(sessionId),
    loadMessages: async (sessionId, range) => (await open()).loadMessages(sessionId, range),
    deleteSessions: async (ids, fence) => (await open()).deleteSessions(ids, fence),
    search: async (text, page) => (await open()).search(text, page),
    close: async () => {
      closed = true
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
  'a message with every optional field comes back equal': mapMessages((message) => without(message, 'truncated')),
  'a message without optional fields comes back equal, in every role': mapMessages((message) => ({ ...message, toolName: message.toolName ?? '' })),
  'each optional field of a message comes back alone, and is gone when it goes away': mapMessages((message) => (message.toolName === '' ? without(message, 'toolName') : message)),
  'text that ends in the middle of a character survives': mapMessages((message) => ({ ...message, content: new TextDecoder().decode(new TextEncoder().encode(message.content)) })),
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
  'a message of a megabyte comes back whole': mapMessages((message) => ({ ...message, content: message.content.slice(0, 65_536) })),
  'a long session is whole and in order, from its end, by pages and at once': (storage) => ({
    ...storage,
    loadMessages: async (id, range) => (await storage.loadMessages(id, range)).slice(-1000),
  }),
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
    const found = storageCases.find((known) => known.name.startsWith('a message of a megabyte'))
    await expect(found?.run(setupWith(mapMessages((message) => ({ ...message, content: 'cut' }))))).rejects.toThrow(
      /^loadMessages: got "cut", expected "line 0 .* at 0\.content$/,
    )
  })
})

test('cases about methods that a storage does not have ask nothing of it', async () => {
  const bare: Plant = (storage) => without(storage, 'acquire', 'search', 'loadCursor', 'close')
  for (const { run } of storageCases) await run({ open: async () => bare(createMemoryStorage()) })
})

test('cases about atomicity are off for a storage that says it is not', async () => {
  const legacy: Plant = (storage) => ({ ...oneByOne(storage), atomic: false })
  for (const { name, run } of storageCases) if (name.startsWith('F2')) await run({ open: async () => legacy(createMemoryStorage()) })
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
