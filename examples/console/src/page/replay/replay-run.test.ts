import type { SessionMessage, SessionRecord } from '@agent-session/core'
import { describe, expect, test } from 'vitest'
import { ReplayRun } from './replay-run.ts'
import { replayMessages } from './session-replay.ts'

const usage = { costUsd: 1, inputTokens: 2, outputTokens: 3, cachedInputTokens: 0 }
const began = 1_790_000_000_000

const record = (change: Partial<SessionRecord> = {}): SessionRecord => ({
  sessionId: 's',
  projectId: 'p',
  provider: 'x',
  status: 'done',
  endReason: 'completed',
  ...usage,
  usageBeforeRun: usage,
  turns: 2,
  model: 'm',
  modes: [],
  models: [],
  commands: [],
  plan: [],
  permissions: [],
  queue: [],
  options: {},
  createdAt: began,
  updatedAt: began,
  lastSeqId: 100,
  ...change,
})

type Said = Partial<SessionMessage> & Pick<SessionMessage, 'role' | 'content'>

/** Each a second after the one before it, where it does not say otherwise. */
const messages = (...said: readonly Said[]): SessionMessage[] =>
  said.map((message, index) => ({ id: `m${index + 1}`, seqId: index + 1, timestamp: began + index * 1_000, ...message }))

const conversation = messages(
  { role: 'user', content: 'look', run: 'r1', delivery: 'sent' },
  { role: 'thinking', content: 'Where is it?', run: 'r1' },
  { role: 'tool-call', content: 'ls', toolName: 'Bash', toolInput: '{"command":"ls"}', toolCallId: 'c1', toolPath: 'ls', toolState: 'done', run: 'r1' },
  { role: 'tool-result', content: 'a.txt', toolName: 'Bash', toolCallId: 'c1', run: 'r1' },
  { role: 'assistant', content: 'There is a.txt. '.repeat(20), run: 'r1' },
  { role: 'user', content: 'and now?', run: 'r2', delivery: 'sent' },
  { role: 'assistant', content: 'Nothing more.', run: 'r2' },
)

const pause = (): Promise<void> => Promise.resolve()
const shown = ({ messages: all }: { readonly messages: readonly SessionMessage[] }) => all.map(({ role, content, toolState, timestamp, cut }) => ({ role, content, toolState, timestamp, cut }))

async function whole(session: SessionRecord, said: readonly SessionMessage[], skipPauses = false) {
  const replay = replayMessages(session, said, { skipPauses })
  const run = await ReplayRun.begin(replay, queueMicrotask)
  expect(await run.goTo(replay.lengthMs, pause)).toBe(true)
  return { replay, run, session: run.session }
}

describe('a replay', () => {
  test.each([false, true])('ends with what was said, at the times of then, skipping pauses: %s', async (skipPauses) => {
    const { session, run } = await whole(record(), conversation, skipPauses)
    expect(shown(session)).toEqual(shown({ messages: conversation }))
    expect(session).toMatchObject({ sessionId: 's', status: 'done', endReason: 'completed', live: false, model: 'm' })
    await run.end()
  })

  test('happens as it did: a text grows, a tool runs until its result comes, a turn ends before the next begins', async () => {
    const replay = replayMessages(record(), conversation, { skipPauses: false })
    const run = await ReplayRun.begin(replay, queueMicrotask)
    const { session } = run
    expect([session.messageCount, session.status]).toEqual([0, 'idle'])
    await run.goTo(2_500, pause)
    expect(session.lastMessage).toMatchObject({ role: 'tool-call', toolState: 'running' })
    expect(run.now()).toBe(began + 2_500)
    await run.goTo(3_500, pause)
    expect(session.messages.find(({ role }) => role === 'tool-call')).toMatchObject({ toolState: 'done' })
    await run.goTo(4_400, pause)
    const { content = '', streaming } = session.lastMessage ?? {}
    expect([streaming, content.length > 20, content.length < 320]).toEqual([true, true, true])
    await run.goTo(4_999, pause)
    expect(session).toMatchObject({ status: 'done', live: false })
    await run.goTo(5_000, pause)
    expect(session).toMatchObject({ status: 'running', live: true })
    expect(session.lastMessage).toMatchObject({ content: 'and now?', timestamp: began + 5_000 })
    await run.end()
  })

  test('leaves out pauses, and still tells the time of then', () => {
    const night = conversation.map((message, index) => (index < 5 ? message : { ...message, timestamp: message.timestamp + 9 * 3_600_000 }))
    const [full, skipped] = [false, true].map((skipPauses) => replayMessages(record(), night, { skipPauses }))
    expect(full?.lengthMs).toBeGreaterThan(9 * 3_600_000)
    expect(skipped?.lengthMs).toBeLessThan(20_000)
    const morning = skipped?.prompts[1]?.at ?? 0
    expect(skipped?.wallTime(morning)).toBe(began + 9 * 3_600_000 + 5_000)
    expect(skipped?.wallTime(morning - 1)).toBeLessThan(began + 9 * 3_600_000 + 5_000)
  })

  test('that was stopped ends so: what streamed is cut off, what ran is cancelled', async () => {
    const said = messages(
      { role: 'user', content: 'go', run: 'r1' },
      { role: 'tool-call', content: '', toolName: 'Bash', toolCallId: 'c', toolState: 'cancelled', run: 'r1' },
      { role: 'assistant', content: 'I was abo', cut: true, run: 'r1' },
      { role: 'user', content: 'again', run: 'r2' },
      { role: 'system', content: 'Error: no credit', isError: true, run: 'r2' },
    )
    const { session, run } = await whole(record({ status: 'error', endReason: 'error', error: 'no credit' }), said)
    expect(shown(session)).toEqual(shown({ messages: said }))
    expect(session).toMatchObject({ status: 'error', error: 'no credit' })
    await run.end()
  })

  test('of a prompt that did not arrive says so at its message', async () => {
    const { session, run } = await whole(record(), messages({ role: 'user', content: 'one', delivery: 'failed' }, { role: 'user', content: 'two' }, { role: 'assistant', content: 'Yes.' }))
    expect(session.messages.map(({ content, delivery }) => [content, delivery])).toEqual([['one', 'failed'], ['two', 'sent'], ['Yes.', undefined]])
    await run.end()
  })

  test('of a session that is still at work ends where it stands', async () => {
    const { session, run } = await whole(record({ status: 'running' }), conversation)
    expect(session).toMatchObject({ status: 'running', live: true })
    await run.end()
  })

  test('begins with what was there before the first prompt', async () => {
    const said = messages({ role: 'system', content: 'Session initialized (m)' }, { role: 'assistant', content: 'Hello' }, { role: 'user', content: 'hi' }, { role: 'assistant', content: 'Well?' })
    const replay = replayMessages(record(), said, { skipPauses: true })
    const run = await ReplayRun.begin(replay, queueMicrotask)
    expect(run.session.messages.map(({ content }) => content)).toEqual(['Session initialized (m)', 'Hello'])
    await run.goTo(replay.lengthMs, pause)
    expect(run.session.messages.map(({ content }) => content)).toEqual(said.map(({ content }) => content))
    await run.end()
  })

  test('of messages of one moment, as a file may give them, tells them one after the other', async () => {
    const same = conversation.map((message) => ({ ...message, timestamp: began }))
    const { replay, run, session } = await whole(record(), same)
    expect(replay.wholeAt.every((at, index) => index === 0 || at > (replay.wholeAt[index - 1] ?? 0))).toBe(true)
    expect(shown(session)).toEqual(shown({ messages: same }))
    await run.end()
  })

  test('of five thousand messages is at its end within seconds, and leaves no timer', async () => {
    const long = messages(...Array.from({ length: 5_000 }, (_, index): Said => (index % 10 === 0 ? { role: 'user', content: `Number ${index}`, run: `r${index}` } : { role: 'assistant', content: `This is number ${index}. `.repeat(8), run: `r${index - (index % 10)}` })))
    const since = performance.now()
    const { session, run } = await whole(record({ lastSeqId: 5_000 }), long, true)
    expect(session.lastMessage?.content).toBe(long.at(-1)?.content)
    expect(performance.now() - since).toBeLessThan(15_000)
    await run.end()
    expect(run.pending).toBe(0)
    const { lastSeqId } = session
    expect(await run.goTo(1e9, pause)).toBe(false)
    expect(session.lastSeqId).toBe(lastSeqId)
  })
})
