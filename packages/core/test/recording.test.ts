import { describe, expect, test } from 'vitest'
import { createAgentStore } from '../src/index.ts'
import { createReplayTransport, recordTransport } from '../src/recording/index.ts'
import { createManualClock, createScriptedTransport } from '../src/testing/index.ts'
import { must } from './must.ts'
import { project } from './scene.ts'

const shown = (messages: readonly { seqId: number; role: string; content: string }[]) => messages.map(({ seqId, role, content }) => [seqId, role, content])

/** Two turns, the second of which is refused. */
async function recorded() {
  const clock = createManualClock()
  const lines: string[] = []
  const scripted = createScriptedTransport({
    clock,
    reply: ({ type }) => (type === 'prompt' ? { ok: false, error: 'enough' } : undefined),
    script: async (turn) => {
      await turn.stream('one two three', { pieceMs: 1_000 })
      turn.tool('Bash', { command: 'ls' }).result('a.txt')
      turn.cost({ costUsd: 0.5, inputTokens: 7, outputTokens: 3 })
    },
  })
  const store = createAgentStore({ clock, transport: recordTransport(scripted, { clock, write: (line) => lines.push(line) }) })
  await store.start(project, { provider: 'claude', prompt: 'Go', extraEnv: { SECRET_OF_MINE: 'hush' } })
  await clock.advance(10_000)
  await store.prompt(project, 'More')
  await store.flush()
  return { lines, session: must(store.getSession(project)) }
}

describe('record and replay', () => {
  test('a replay ends in the session that was recorded, under ids of its own', async () => {
    const { lines, session } = await recorded()
    const clock = createManualClock()
    const transport = createReplayTransport(lines, { clock })
    const store = createAgentStore({ clock, transport })
    await store.start('elsewhere', { provider: 'claude', prompt: 'Go' })
    await clock.advance(10_000)
    const replayed = must(store.getSession('elsewhere'))
    expect(replayed.status).toBe('done')
    expect(await replayed.prompt('More')).toMatchObject({ ok: false, error: 'enough' })
    expect(shown(replayed.messages)).toEqual(shown(session.messages))
    expect(replayed).toMatchObject({ costUsd: 0.5, inputTokens: 7, outputTokens: 3, status: session.status })
    expect(replayed.sessionId).not.toBe(session.sessionId)
    expect(transport.remaining).toBe(0)
    expect(await replayed.prompt('And more')).toMatchObject({ ok: false, code: 'not-supported' })
  })

  test.each([
    [1, 3_000],
    [10, 300],
    [Number.POSITIVE_INFINITY, 0],
  ])('at %d times the speed takes %d ms', async (speed, ms) => {
    const { lines } = await recorded()
    const clock = createManualClock()
    const store = createAgentStore({ clock, transport: createReplayTransport(lines, { clock, speed }) })
    await store.start(project, { provider: 'claude', prompt: 'Go' })
    const session = must(store.getSession(project))
    if (ms > 0) {
      await clock.advance(ms - 1)
      expect(session.status).toBe('running')
    }
    await clock.advance(1)
    expect(session.status).toBe('done')
  })

  test('a stop ends the turn of a replay', async () => {
    const { lines } = await recorded()
    const clock = createManualClock()
    const store = createAgentStore({ clock, transport: createReplayTransport(lines, { clock }) })
    await store.start(project, { provider: 'claude', prompt: 'Go' })
    await clock.advance(1_500)
    await store.stop(project)
    await clock.advance(10_000)
    expect(must(store.getSession(project)).lastMessage).toMatchObject({ content: 'one two ', cut: true })
  })

  test('holds no variables of the environment', async () => {
    const { lines } = await recorded()
    expect(lines.join('\n')).toContain('"command":"start"')
    expect(lines.join('\n')).not.toContain('hush')
  })

  test('keeps events that the store does not take', async () => {
    const clock = createManualClock()
    const lines: string[] = []
    const scripted = createScriptedTransport({ clock })
    createAgentStore({ clock, transport: recordTransport(scripted, { clock, write: (line) => lines.push(line) }) })
    scripted.emit({ type: 'no such thing', sessionId: 's' })
    expect(lines.at(-1)).toBe(JSON.stringify({ at: 0, event: { type: 'no such thing', sessionId: 's' } }))
  })

  test('a damaged line is named, and the rest is played', async () => {
    const { lines } = await recorded()
    const broken = lines.toSpliced(2, 0, '{"at": 5, "ev', '[]', '{"what": 1}')
    const clock = createManualClock()
    const transport = createReplayTransport(broken, { clock, speed: Number.POSITIVE_INFINITY })
    expect(transport.damaged.map(({ line }) => line)).toEqual([3, 4, 5])
    const store = createAgentStore({ clock, transport })
    await store.start(project, { provider: 'claude', prompt: 'Go' })
    await clock.advance(1)
    expect(must(store.getSession(project)).status).toBe('done')
  })

  test.each([
    [[]],
    [['{}']],
    [['not json']],
    [['{"format":"agent-session-recording","version":99}']],
  ])('what is no recording is refused: %j', (lines) => {
    expect(() => createReplayTransport(lines)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
