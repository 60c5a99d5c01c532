import { AgentSessionError, createMemoryStorage, type SessionRecord, type SessionStorage } from '@agent-session/core'
import { sampleBatch, sampleMessage, sampleSession, storageCases } from '@agent-session/core/conformance'
import { createFaultyStorage, createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { describe, expect, test } from 'vitest'
import { connectAgentRpc, serveAgentRpc, type ConnectAgentRpcOptions } from '../src/index.ts'
import { desktopRpc, type DesktopRpc } from './desktop-rpc.ts'
import { oldHost } from './old-host.ts'

/** The storage of a page, over a host of ours that outlives it. */
function served(disk: SessionStorage = createMemoryStorage()) {
  const { close: _close, ...lasting } = disk
  const problems: AgentSessionError[] = []
  const host = serveAgentRpc({ transport: createScriptedTransport(), storage: lasting, onProblem: (problem) => problems.push(problem) })
  const open = (options?: ConnectAgentRpcOptions): { storage: SessionStorage; rpc: DesktopRpc } => {
    const rpc = desktopRpc(host.requests)
    return { rpc, storage: connectAgentRpc(rpc.page, options).storage }
  }
  return { host, open, problems, disk }
}

/** The cases that ask for something that the wire cannot, as far as they had come. */
async function passedOver(open: () => SessionStorage): Promise<string[]> {
  const over: string[] = []
  for (const { name, run } of storageCases) {
    const watched = (storage: SessionStorage): SessionStorage => {
      const unable = async (): Promise<never> => {
        if (!over.includes(name)) over.push(name)
        throw new AgentSessionError('not-supported', name)
      }
      return new Proxy(storage, {
        get: (target, method) => {
          const own: unknown = Reflect.get(target, method)
          if (typeof own !== 'function') return own
          return (...args: unknown[]) =>
            Promise.resolve(Reflect.apply(own, target, args)).catch((thrown: unknown) => {
              if (AgentSessionError.isInstance(thrown) && thrown.code === 'not-supported') return unable()
              throw thrown
            })
        },
      })
    }
    await run({ open: async () => watched(open()) })
  }
  return over
}

describe('B27 the storage, over a host of ours', () => {
  let last = served()
  const setup = {
    open: async () => {
      last = served()
      return last.open().storage
    },
    reopen: async () => last.open().storage,
  }
  for (const { name, run } of storageCases) test(name, () => run(setup))

  test('only lists and deletions are passed over', async () => {
    expect(await passedOver(() => served().open().storage)).toEqual([
      'a fresh database holds nothing',
      'what was got may be changed',
      'session ids with every awkward character stay apart',
      'ids that read the same when they are put together stay apart',
      'project ids with every awkward character stay apart, also where one begins with another',
      'a deleted session leaves nothing, and others are not touched',
      'the last session of a project is the first of its list, also where several have one time',
      'sessions are listed newest first, of one project or of all',
      'a listed session shows what its record says',
      'pages of a list hold every session once, also where many have one time',
      'a commit that is given again changes nothing',
      'T9 commits and deletions that do not wait for each other apply in their order',
      'many reads at one time are all answered',
      'a batch may be large, and a list of ids long',
      'F1 what was acknowledged is there after a crash, without a close',
      'a commit that resolved before or during the close is there afterwards, one that rejected is not',
    ])
  })
})

describe('B27 the storage, over a host of the first system that keeps the extras', () => {
  let host = oldHost()
  const setup = {
    open: async () => connectAgentRpc((host = oldHost('answers', { keeps: 'extras' })).rpc.page).storage,
    reopen: async () => connectAgentRpc(host.reopen().rpc.page).storage,
  }
  for (const { name, run } of storageCases) test(name, () => run(setup))
})

describe('B27 a host that keeps the columns of the wire alone', () => {
  const wire = sampleSession({ status: 'done', costUsd: 1.5, inputTokens: 3, outputTokens: 4, model: 'm', error: 'E' })

  test('T11 gives back all that the wire has a word for', async () => {
    const host = oldHost()
    const { storage } = connectAgentRpc(host.rpc.page)
    const message = sampleMessage(1, { role: 'tool-call', toolName: 'Bash', toolInput: '{"command":"ls"}', toolPath: 'ls', toolCallId: 'c', toolState: 'done' })
    await storage.commit({ session: { ...wire, lastSeqId: 1, title: 'T' }, upsert: [message], remove: [] })
    const again = connectAgentRpc(host.reopen().rpc.page).storage
    expect(await again.lastSession('p1')).toEqual(wire)
    expect(await again.loadMessages('s1')).toEqual([sampleMessage(1, { role: 'tool-call', toolName: 'Bash', toolInput: '{"command":"ls"}' })])
  })

  test('sends nothing beside the wire where extras are off', async () => {
    const host = oldHost('answers', { keeps: 'extras' })
    const { storage } = connectAgentRpc(host.rpc.page, { extras: false })
    await storage.commit(sampleBatch({ title: 'T', error: 'E' }, [sampleMessage(1, { toolName: 'Bash', toolInput: '{}', toolPath: 'x', run: 'r' })]))
    expect(host.rpc.asked.map(({ name }) => name)).toEqual(['session.save', 'session.messages.save'])
    const fields = ['projectId', 'sessionId', 'provider', 'status', 'costUsd', 'inputTokens', 'outputTokens', 'model', 'error', 'createdAt', 'updatedAt']
    expect(Object.keys(host.sessions.get('s1') ?? {})).toEqual(fields)
    expect(Object.keys(host.messages.get('s1')?.[0] ?? {})).toEqual(['sessionId', 'msgId', 'role', 'content', 'toolName', 'toolInput', 'timestamp', 'seqId'])
  })

  test('the session goes first where the host may not know it, then after its messages', async () => {
    const host = oldHost()
    const { storage } = connectAgentRpc(host.rpc.page)
    await storage.commit(sampleBatch({}, [sampleMessage(1)]))
    await storage.commit(sampleBatch({}, [sampleMessage(2)]))
    await storage.commit(sampleBatch({ lastSeqId: 2 }))
    expect(host.rpc.asked.map(({ name }) => name)).toEqual([
      'session.save',
      'session.messages.save',
      'session.messages.save',
      'session.save',
      'session.save',
    ])
  })

  test('a message that was taken back is written over, and left out when it is read', async () => {
    const host = oldHost()
    const { storage } = connectAgentRpc(host.rpc.page)
    await storage.commit(sampleBatch({}, [sampleMessage(1), sampleMessage(2)]))
    await storage.commit(sampleBatch({ lastSeqId: 2 }, [], { remove: ['m1', 'nobody'] }))
    expect(await connectAgentRpc(host.reopen().rpc.page).storage.loadMessages('s1')).toEqual([sampleMessage(2)])
    expect(host.messages.get('s1')?.map(({ msgId, content }) => [msgId, content])).toContainEqual(['m1', ''])
  })

  test('what it cannot do is a typed error', async () => {
    const { storage } = connectAgentRpc(oldHost().rpc.page)
    expect(storage.atomic).toBe(false)
    expect([storage.acquire, storage.search, storage.loadCursor]).toEqual([undefined, undefined, undefined])
    await expect(storage.listSessions()).rejects.toMatchObject({ code: 'not-supported' })
    await expect(storage.deleteSessions(['s1'])).rejects.toMatchObject({ code: 'not-supported' })
  })

  test('a session that another page saved is not said to be missing', async () => {
    const host = oldHost()
    await connectAgentRpc(host.rpc.page).storage.commit(sampleBatch({}, [sampleMessage(1)]))
    const { storage } = connectAgentRpc(host.reopen().rpc.page)
    await expect(storage.loadSession('s1')).rejects.toMatchObject({ code: 'not-supported', sessionId: 's1' })
    expect(await storage.loadSession('nobody')).toBeUndefined()
    await storage.lastSession('p1')
    expect((await storage.loadSession('s1'))?.sessionId).toBe('s1')
  })
})

describe('B27 rows as hosts may give them', () => {
  const reading = (messages: unknown, session: unknown = null) => {
    const problems: AgentSessionError[] = []
    const rpc = desktopRpc({ 'session.messages.load': () => ({ messages }), 'session.load': () => ({ session }) })
    return { storage: connectAgentRpc(rpc.page, { onProblem: (problem) => problems.push(problem) }).storage, problems }
  }
  const row = (msgId: string, seqId: number | null, content: string | null = msgId) => ({ sessionId: 's1', msgId, role: 'assistant', content, timestamp: 1, seqId, toolName: null })

  test('F10 one that is none, or of another session, is set aside and told; the rest loads', async () => {
    const { storage, problems } = reading([null, 7, 'x', [], {}, row('a', 1), row('b', 2, null), { ...row('c', 3), role: 'robot' }, { ...row('d', 4), sessionId: 's2' }])
    expect((await storage.loadMessages('s1')).map(({ id }) => id)).toEqual(['a'])
    expect(problems.map(({ code, sessionId }) => [code, sessionId])).toEqual(Array.from({ length: 8 }, () => ['storage-corrupt', 's1']))
  })

  test('T27 rows that came twice are one, the newest; those without a place come last', async () => {
    const { storage } = reading([row('b', null), row('a', 2, 'old'), row('c', 1), row('a', 2, 'new')])
    const messages = await storage.loadMessages('s1')
    expect(messages.map(({ id, seqId, content }) => [id, seqId, content])).toEqual([
      ['c', 1, 'c'],
      ['a', 2, 'new'],
      ['b', 0, 'b'],
    ])
    expect((await storage.loadMessages('s1', { limit: 1 })).map(({ id }) => id)).toEqual(['b'])
    expect((await storage.loadMessages('s1', { before: 2 })).map(({ id }) => id)).toEqual(['c'])
  })

  test('B1 a status that is unknown reads idle, null is absent, and what the wire does not have is as in a new session', async () => {
    const { storage } = reading([], { sessionId: 's1', provider: 'claude', status: 'paused', costUsd: '1', inputTokens: null, model: null, error: null, createdAt: 5, updatedAt: 6 })
    expect(await storage.lastSession('p1')).toEqual(sampleSession({ createdAt: 5, updatedAt: 6 }))
  })

  test.each([undefined, null, 7, 'x', []])('an answer that is none is an error: %j', async (reply) => {
    const rpc = desktopRpc({ 'session.load': () => reply, 'session.messages.load': () => reply, 'settings.getAll': () => reply })
    const { storage, settings } = connectAgentRpc(rpc.page)
    await expect(storage.lastSession('p1')).rejects.toMatchObject({ code: 'storage-corrupt' })
    await expect(storage.loadMessages('s1')).rejects.toMatchObject({ code: 'storage-corrupt' })
    await expect(settings.getAll()).rejects.toMatchObject({ code: 'settings-failed' })
  })

  test('promise 8 a session of another project is left alone', async () => {
    const { storage } = reading([], { sessionId: 's1', projectId: 'p2', provider: 'claude' })
    await expect(storage.lastSession('p1')).rejects.toMatchObject({ code: 'storage-corrupt', projectId: 'p1' })
  })

  test('a host that answers its failure, or throws it, fails the save', async () => {
    const answered = connectAgentRpc(desktopRpc({ 'session.save': () => ({ ok: false, error: 'disk full' }) }).page).storage
    await expect(answered.commit(sampleBatch({}))).rejects.toMatchObject({ code: 'storage-failed', message: 'The host refused session.save: disk full' })
    const thrown = connectAgentRpc(desktopRpc({}).page).storage
    await expect(thrown.commit(sampleBatch({}))).rejects.toMatchObject({ code: 'storage-failed' })
  })
})

describe('B27 the host’s half', () => {
  const row = (fields: object = {}) => ({ projectId: 'p', sessionId: 's', provider: 'claude', status: 'done', costUsd: 2, inputTokens: 3, outputTokens: 4, model: 'm', createdAt: 1, updatedAt: 2, ...fields })
  const message = (msgId: string, seqId?: number) => ({ sessionId: 's', msgId, role: 'assistant', content: msgId, timestamp: 1, ...(seqId !== undefined && { seqId }) })
  const ask = (rpc: DesktopRpc, name: string, params: unknown): Promise<unknown> => Promise.resolve(Reflect.apply(Reflect.get(rpc.page.request, name), undefined, [params]))

  test('what a page of the wire saves is a session like any other, and keeps what the page does not know', async () => {
    const { open, disk } = served()
    const { rpc } = open()
    await disk.commit(sampleBatch({ sessionId: 's', projectId: 'p', agentSessionId: 'a1', title: 'T', error: 'old' }))
    await ask(rpc, 'session.save', row())
    await ask(rpc, 'session.messages.save', { messages: [message('x', 1), message('y', 2)] })
    const expected: SessionRecord = { ...sampleSession(), ...row(), status: 'done', agentSessionId: 'a1', title: 'T', lastSeqId: 2 }
    expect(await disk.loadSession('s')).toEqual(expected)
    expect(await ask(rpc, 'session.load', { projectId: 'p' })).toEqual({ session: { ...row(), record: expected } })
    expect(await ask(rpc, 'session.messages.load', { sessionId: 's' })).toEqual({ messages: [message('x', 1), message('y', 2)] })
  })

  test('promise 1 what a page says of its counter never takes it back, and a record of another project is none', async () => {
    const { open, disk } = served()
    const { rpc } = open()
    await ask(rpc, 'session.save', row())
    await ask(rpc, 'session.messages.save', { messages: [message('x', 7)] })
    await ask(rpc, 'session.save', row({ record: sampleSession({ sessionId: 's', projectId: 'p', title: 'T' }) }))
    expect(await disk.loadSession('s')).toMatchObject({ title: 'T', lastSeqId: 7 })
    await ask(rpc, 'session.save', row({ record: sampleSession({ sessionId: 's', projectId: 'other', title: 'other' }) }))
    expect(await disk.loadSession('s')).toMatchObject({ title: 'T', projectId: 'p', lastSeqId: 7 })
  })

  test('T27 a message without a place gets the next one, and keeps it', async () => {
    const { open, disk } = served()
    const { rpc } = open()
    await ask(rpc, 'session.save', row())
    await ask(rpc, 'session.messages.save', { messages: [message('x', 7), message('y')] })
    await ask(rpc, 'session.messages.save', { messages: [message('y')] })
    expect((await disk.loadMessages('s')).map(({ id, seqId }) => [id, seqId])).toEqual([
      ['x', 7],
      ['y', 8],
    ])
    expect((await disk.loadSession('s'))?.lastSeqId).toBe(8)
  })

  test.each([
    ['session.save', { sessionId: 's' }],
    ['session.save', null],
    ['session.messages.save', { messages: 'x' }],
    ['session.messages.save', { messages: [{ sessionId: 's' }] }],
    ['session.messages.save', { messages: [message('x', 1)] }],
    ['session.load', {}],
    ['session.messages.load', undefined],
    ['session.nothing', {}],
  ])('%s of %j is refused in words, and nothing is saved', async (name, params) => {
    const { open, disk } = served()
    await expect(ask(open().rpc, name, params)).rejects.toThrow(/\w{3}/)
    expect(await disk.listSessions()).toEqual([])
  })

  test('F4 a storage that fails fails the save, and its words reach the page', async () => {
    const clock = createManualClock()
    const faulty = createFaultyStorage({ storage: createMemoryStorage(), clock })
    const { open } = served(faulty)
    const { storage } = open()
    faulty.failNext(1, new AgentSessionError('storage-full', 'The disk is full.'))
    await expect(storage.commit(sampleBatch({}))).rejects.toThrow('The host failed on session.save: The disk is full.')
  })

  test('F14 it writes under the storage’s lease, and says so where another process has it', async () => {
    const disk = createMemoryStorage({ leases: 'wait' })
    const other = await disk.acquire('other')
    const fences: unknown[] = []
    const watched: SessionStorage = {
      ...disk,
      commit: (batch) => {
        fences.push(batch.fence)
        return disk.commit(batch)
      },
    }
    const { storage } = served(watched).open()
    await expect(storage.commit(sampleBatch({}))).rejects.toThrow(/Another process .*writes this storage/)
    await other.release()
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
    await storage.commit(sampleBatch({}))
    expect(fences).toEqual([expect.any(Number)])
    await disk.acquire('thief', { steal: true })
    await expect(storage.commit(sampleBatch({}))).rejects.toThrow(/lease|writes this storage/)
  })
})

describe('B27 B8 settings', () => {
  test('come as text; what is none is left out and told', async () => {
    const problems: string[] = []
    const rpc = desktopRpc({ 'settings.getAll': () => JSON.parse('{"settings":{"a":"x","b":5,"c":true,"d":null,"e":{},"__proto__":{"polluted":"yes"}}}') })
    const { settings } = connectAgentRpc(rpc.page, { onProblem: ({ code, message }) => problems.push(`${code}: ${message}`) })
    const all = await settings.getAll()
    expect(all).toEqual({ a: 'x', b: '5', c: 'true' })
    expect('polluted' in all).toBe(false)
    expect(problems).toEqual(['settings-invalid: The setting e is no text; it is passed over.'])
  })

  test('of a host of ours are those of its source; a source that fails is told', async () => {
    const source = { getAll: async () => ({ default_cwd: '/w' }) }
    const host = serveAgentRpc({ transport: createScriptedTransport(), settings: source })
    expect(await connectAgentRpc(desktopRpc(host.requests).page).settings.getAll()).toEqual({ default_cwd: '/w' })
    const none = serveAgentRpc({ transport: createScriptedTransport() })
    expect(await connectAgentRpc(desktopRpc(none.requests).page).settings.getAll()).toEqual({})
    const failing = serveAgentRpc({ transport: createScriptedTransport(), settings: { getAll: () => Promise.reject(new Error('no file')) } })
    await expect(connectAgentRpc(desktopRpc(failing.requests).page).settings.getAll()).rejects.toThrow('no file')
  })
})
