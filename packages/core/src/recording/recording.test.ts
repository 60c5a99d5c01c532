import { describe, expect, test } from 'vitest'
import { allowOrReject } from '../../test/agent-voice.ts'
import { rolesAndTexts, type Scene } from '../../test/scene.ts'
import { must } from '../../test/must.ts'
import { createAgentStore, type AgentEvent, type AgentTransport } from '../index.ts'
import { createManualClock, createScriptedTransport } from '../testing/index.ts'
import { createReplayTransport, recordTransport } from './index.ts'

/** A store on a recorded transport, with a turn of five seconds and a second prompt. */
async function recorded() {
  const clock = createManualClock()
  const lines: string[] = []
  const scripted = createScriptedTransport({
    clock,
    capabilities: { steer: false, attach: true },
    script: async (turn) => {
      await turn.stream(`Answer to ${String(turn.prompt)}`, { pieceMs: 1_000 })
      const tool = turn.tool('Bash', { command: 'ls' })
      await turn.wait(1_000)
      tool.result('a.txt')
      turn.cost({ inputTokens: 5, outputTokens: 6 })
    },
  })
  const store = createAgentStore({ transport: recordTransport(scripted, { clock, write: (line) => lines.push(line) }), clock })
  const started = await store.start('p', { provider: 'x', prompt: 'one', extraEnv: { TOKEN: 's3cret' } })
  const session = must(store.findSession(started.ok ? started.sessionId : ''))
  await clock.advance(10_000)
  scripted.emit({ type: 'nonsense', sessionId: session.sessionId })
  await session.prompt('two')
  await clock.advance(10_000)
  return { clock, lines, session, store, scripted }
}

/** A store on a replay of it. */
function replaying(lines: readonly string[], options: { speed?: number } = {}) {
  const clock = createManualClock()
  const transport = createReplayTransport(lines, { clock, ...options })
  const store = createAgentStore({ transport, clock })
  return { clock, transport, store }
}

async function start(store: Scene['store'], prompt = 'one') {
  const started = await store.start('p', { provider: 'x', prompt })
  return must(store.findSession(started.ok ? started.sessionId : ''))
}

describe('a recording', () => {
  test('is JSONL: a header, then all that passed with the time it did', async () => {
    const { lines, clock } = await recorded()
    const values = lines.map((line) => JSON.parse(line))
    expect(values[0]).toEqual({ format: 'agent-session-recording', version: 1, startedAt: clock.now() - 20_000 })
    expect(values[1]).toMatchObject({ at: 0, command: 'start', with: { prompt: 'one' } })
    expect(values.slice(2).every(({ at }) => typeof at === 'number')).toBe(true)
    expect(values.filter(({ reply }) => reply !== undefined).map(({ reply }) => reply)).toEqual(['start', 'prompt'])
    const times = values.slice(1).map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  test('keeps what no message can be made of', async () => {
    const { lines } = await recorded()
    expect(lines.some((line) => line.includes('nonsense'))).toBe(true)
  })

  test('leaves the environment out: it may hold secrets', async () => {
    const { lines } = await recorded()
    expect(lines.join('\n')).not.toContain('s3cret')
  })

  test('changes nothing of what passes', async () => {
    const { session } = await recorded()
    expect(rolesAndTexts(session)).toEqual([
      ['user', 'one'],
      ['assistant', 'Answer to one'],
      ['tool-call', 'ls'],
      ['tool-result', 'a.txt'],
      ['user', 'two'],
      ['assistant', 'Answer to two'],
      ['tool-call', 'ls'],
      ['tool-result', 'a.txt'],
    ])
  })

  test('writes down a transport that throws, and lets it throw', async () => {
    const lines: string[] = []
    const transport: AgentTransport = { ...createScriptedTransport(), stop: () => Promise.reject(new Error('gone')) }
    await expect(recordTransport(transport, { write: (line) => lines.push(line) }).stop({ sessionId: 's', run: 'r' })).rejects.toThrow('gone')
    expect(lines.slice(1).map((line) => JSON.parse(line))).toMatchObject([{ command: 'stop' }, { reply: 'stop', with: { ok: false, error: 'gone' } }])
  })

  test('can do what the transport can, and no more', () => {
    const { respond: _respond, configure: _configure, attach: _attach, close: _close, ...least } = createScriptedTransport({ capabilities: { steer: true } })
    const wrapped = recordTransport(least, { write: () => {} })
    expect(wrapped.capabilities).toEqual({ steer: true })
    expect([wrapped.respond, wrapped.configure, wrapped.attach, wrapped.list, wrapped.close]).toEqual([undefined, undefined, undefined, undefined, undefined])
  })
})

describe('a replay', () => {
  test('tells the same at the same times, under the names of its own store', async () => {
    const { lines, session } = await recorded()
    const { clock, store, transport } = replaying(lines)
    const again = await start(store)
    await clock.advance(1_500)
    expect(again.lastMessage?.content).toBe('Answer to ')
    await clock.advance(8_500)
    expect(again.status).toBe('done')
    expect(transport.remaining).toBe(1)
    await again.prompt('two')
    await clock.advance(10_000)
    expect(rolesAndTexts(again)).toEqual(rolesAndTexts(session))
    expect(again).toMatchObject({ status: 'done', inputTokens: 5, outputTokens: 6 })
    expect(again.sessionId).not.toBe(session.sessionId)
  })

  test.each([2, 10])('goes %i times as fast', async (speed) => {
    const { lines } = await recorded()
    const { clock, store } = replaying(lines, { speed })
    const session = await start(store)
    await clock.advance(4_000 / speed - 1)
    expect(session.status).toBe('running')
    await clock.advance(1)
    expect(session.status).toBe('done')
  })

  test('leaves out all waiting at the speed Infinity', async () => {
    const { lines } = await recorded()
    const { clock, store } = replaying(lines, { speed: Infinity })
    const session = await start(store)
    await clock.advance(0)
    expect(session.status).toBe('done')
    expect(session.messageCount).toBe(4)
  })

  test('that is stopped says nothing more', async () => {
    const { lines } = await recorded()
    const { clock, store } = replaying(lines)
    const session = await start(store)
    await clock.advance(1_500)
    await session.stop()
    const { messageCount } = session
    await clock.advance(60_000)
    expect(session).toMatchObject({ status: 'done', endReason: 'stopped', messageCount })
  })

  test('has no more turns than were recorded', async () => {
    const { lines } = await recorded()
    const { store, clock } = replaying(lines, { speed: Infinity })
    const session = await start(store)
    await clock.advance(0)
    await session.prompt('two')
    await clock.advance(0)
    expect(await session.prompt('three')).toMatchObject({ ok: false, code: 'not-supported' })
  })

  test('refuses a start that was refused', async () => {
    const clock = createManualClock()
    const lines: string[] = []
    const refusing = createScriptedTransport({ clock, reply: () => ({ ok: false, error: 'no agent', code: 'agent-not-found' }) })
    const store = createAgentStore({ transport: recordTransport(refusing, { clock, write: (line) => lines.push(line) }), clock })
    await store.start('p', { provider: 'x', prompt: 'x' })
    expect(await replaying(lines).store.start('p', { provider: 'x', prompt: 'x' })).toMatchObject({ ok: false, code: 'agent-not-found', error: 'no agent' })
  })

  test('asks a question again, and goes on as it went', async () => {
    const clock = createManualClock()
    const lines: string[] = []
    const scripted = createScriptedTransport({
      clock,
      script: async (turn) => {
        await turn.ask('ok?', allowOrReject)
        turn.message('text', { text: 'thanks' })
      },
    })
    const store = createAgentStore({ transport: recordTransport(scripted, { clock, write: (line) => lines.push(line) }), clock })
    const session = await start(store)
    await clock.advance(500)
    await session.respond(must(session.permissions[0]).id, { optionId: 'allow' })
    await clock.settle()

    const again = replaying(lines)
    const replayed = await start(again.store)
    await again.clock.advance(0)
    expect(replayed.permissions).toMatchObject([{ title: 'ok?', state: 'pending' }])
    expect(await replayed.respond(must(replayed.permissions[0]).id, { optionId: 'allow' })).toEqual({ ok: true })
    await again.clock.advance(1_000)
    expect(replayed.lastMessage?.content).toBe('thanks')
  })

  test('plays what can be read of a damaged recording, and says what cannot', async () => {
    const { lines } = await recorded()
    const damaged = [...lines.slice(0, 3), 'not json', '{"odd":1}', '', ...lines.slice(3)]
    const { store, clock, transport } = replaying(damaged, { speed: Infinity })
    expect(transport.damaged.map(({ line }) => line)).toEqual([4, 5])
    const session = await start(store)
    await clock.advance(0)
    expect(session.messageCount).toBe(4)
  })

  test.each([[[]], [['hello']], [['{"format":"other","version":1}']], [['{"format":"agent-session-recording","version":2}']], [['{"format":"agent-session-recording"}']]])(
    'refuses what is no recording, or of a newer version: %j',
    (lines) => {
      expect(() => createReplayTransport(lines)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    },
  )

  test('leaves no timer when it is closed, and is heard by nobody', async () => {
    const { lines } = await recorded()
    const clock = createManualClock()
    const transport = createReplayTransport(lines, { clock })
    const heard: AgentEvent[] = []
    const unsubscribe = transport.subscribe((event) => heard.push(event))
    await transport.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'x', prompt: 'x', messageId: 'm' })
    await clock.advance(0)
    const before = heard.length
    await transport.close?.()
    unsubscribe()
    await clock.advance(60_000)
    expect(heard).toHaveLength(before)
    expect(clock.pending).toBe(0)
  })
})
