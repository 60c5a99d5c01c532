import { describe, expect, test } from 'vitest'
import type { AgentEvent } from '../ports/agent-event.ts'
import { brokenRules, checkStream, type RecordedStream, type RuledSession, type StreamFold } from './index.ts'

type Line = Readonly<Record<string, unknown>> & { readonly kind: string }

const lines: readonly Line[] = [
  { kind: 'prompt', text: 'read a.txt' },
  { kind: 'hello' },
  { kind: 'text', id: 't1', text: 'I look.' },
  { kind: 'call', id: 'c1' },
  { kind: 'result', id: 'c1', output: 'one' },
  { kind: 'text', id: 't2', text: 'It says one.' },
  { kind: 'end', cost: 0.25 },
  { kind: 'prompt', text: 'again' },
  { kind: 'text', id: 't3', text: 'One.' },
  { kind: 'end', cost: 0.5 },
]

type Take = (line: Line, run: string) => readonly object[]

/** A fold that is right, of a program with five kinds of lines. */
const right = (): Take => {
  const calls = new Set<unknown>()
  return ({ kind, id, text, output, cost }, run) => {
    const message = (type: string, content: object, key = id) => ({ type: 'message', messages: [{ id: key, type, content, timestamp: 1 }] })
    switch (kind) {
      case 'text':
        return [{ type: 'delta', id, kind: 'text', text, offset: 0 }, { type: 'message-end', id }]
      case 'call':
        calls.add(id)
        return [message('tool_call', { name: 'Read', input: {}, toolCallId: id })]
      case 'result':
        return calls.has(id) ? [message('tool_result', { output, toolCallId: id }, `${String(id)}-result`)] : []
      case 'end':
        return [{ type: 'cost', costUsd: cost, inputTokens: 10, outputTokens: 5 }, { type: 'status', status: 'done', reason: 'completed' }]
      default:
        return [message('init', { model: 'm' }, `${run}-init`)]
    }
  }
}

/** The recording, read by a fold that is right but for what `spoil` does. */
function stream(spoil: (right: Take) => Take = (take) => take, fields: Partial<RecordedStream<Line>> = {}): RecordedStream<Line> {
  return {
    lines,
    promptOf: ({ kind, text }) => (kind === 'prompt' && typeof text === 'string' ? text : undefined),
    fold: (sessionId): StreamFold<Line> => {
      const take = spoil(right())
      let ended: string | undefined
      // Events of a test, some of them wrong on purpose.
      const events = (bodies: readonly object[], run: string) => bodies.map((body) => ({ sessionId, run, ...body }) as AgentEvent)
      return {
        take(line, run) {
          if (line.kind === 'end') ended = run
          return line.kind === 'prompt' ? [] : events(take(line, run), run)
        },
        end: (run) => (ended === run ? [] : events([{ type: 'status', status: 'error', error: 'The recording ends here' }], run)),
      }
    },
    ...fields,
  }
}

describe('the check of a recorded stream', () => {
  test('lets one through that is right, and gives it as it was played', async () => {
    const { session, prompts } = await checkStream(stream(), { end: { status: 'done', endReason: 'completed', costUsd: 0.5, inputTokens: 10, outputTokens: 5 } })
    expect(prompts).toEqual(['read a.txt', 'again'])
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'system', 'assistant', 'tool-call', 'tool-result', 'assistant', 'user', 'assistant'])
  })

  test('takes a recording without prompts as one run', async () => {
    const { prompts } = await checkStream(stream(undefined, { lines: lines.slice(1, 7) }), { end: { status: 'done' } })
    expect(prompts).toHaveLength(1)
  })

  test('lets seqIds have the holes that were retracted, and no other', async () => {
    const retracting = stream((take) => (line, run) => (line.kind === 'end' ? [{ type: 'retract', ids: ['t1'] }, ...take(line, run)] : take(line, run)))
    const { session, retracted } = await checkStream(retracting)
    expect([...retracted]).toEqual([3])
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 2, 4, 5, 6, 7, 8])
  })

  const only = (kind: string, change: (bodies: readonly object[], line: Line, run: string) => readonly object[]) => (take: Take): Take => (line, run) =>
    line.kind === kind ? change(take(line, run), line, run) : take(line, run)
  const text = (id: string, words: string, type = 'text') => ({ type: 'message', messages: [{ id, type, content: { text: words }, timestamp: 1 }] })

  const spoilt: Record<string, [RegExp, (right: Take) => Take]> = {
    'a line that throws': [/^the whole stream: .*cannot read/, only('result', () => { throw new Error('cannot read it') })],
    'an event that no store takes': [/an event that does not fit/, only('end', (bodies) => [{ type: 'cost', costUsd: 'much' }, ...bodies])],
    'a result without its call': [/comes without its call/, only('call', () => [])],
    'a person who is made up': [/the person's messages are/, only('result', (bodies) => [...bodies, text('u', '[Request interrupted by user]', 'user')])],
    'an error that is told as an answer': [/the error is shown as an answer/, only('end', () => [text('e', 'Overloaded'), { type: 'status', status: 'error', error: 'API: Overloaded' }])],
    'an error without words': [/an error that has no words/, only('end', () => [{ type: 'status', status: 'error' }])],
    'a stream that never ends': [/the run is still under way/, only('end', () => [])],
    'what counts twice when it is told twice': [/every line doubled: it ends as/, only('end', (bodies) => [{ type: 'cost', costUsd: 1, inputTokens: 0, outputTokens: 0, scope: 'turn' }, ...bodies.slice(1)])],
  }

  for (const [what, [words, spoil]] of Object.entries(spoilt)) {
    test(`finds ${what}`, async () => {
      await expect(checkStream(stream(spoil))).rejects.toThrow(words)
    })
  }

  test('finds an exception, or an open run, where the stream was cut', async () => {
    const { fold } = stream()
    const throwing = stream(undefined, { fold: (id) => ({ take: fold(id).take, end: () => { throw new Error('it is not over') } }) })
    await expect(checkStream({ ...throwing, lines: lines.slice(0, 7) })).rejects.toThrow(/^the whole stream: it is not over/)
    const open = stream(undefined, { fold: (id) => ({ ...fold(id), end: () => [] }) })
    await expect(checkStream(open)).rejects.toThrow(/^the stream cut after 0 lines: the run is still under way/)
  })

  test('finds an end that is another one', async () => {
    await expect(checkStream(stream(), { end: { endReason: 'stopped' } })).rejects.toThrow('the whole stream: endReason is "completed", expected "stopped"')
    await expect(checkStream(stream(), { end: { costUsd: 0.75 } })).rejects.toThrow('costUsd is 0.5, expected 0.75')
  })
})

describe('the rules of a session', () => {
  const message = { id: 'a', seqId: 1, role: 'assistant' as const, content: 'x', timestamp: 0 }
  const session: RuledSession = { messages: [message], permissions: [], live: false, status: 'done' }
  const question = { id: 'q', title: '', options: [], askedAt: 0 }

  test('hold for one that is right', () => expect(brokenRules(session)).toEqual([]))

  test.each<[string, Partial<RuledSession>, string]>([
    ['a hole', { messages: [message, { ...message, id: 'b', seqId: 3 }] }, 'message b has the seqId 3, where 2 was next'],
    ['a first seqId that is not 1', { messages: [{ ...message, seqId: 2 }] }, 'message a has the seqId 2, where 1 was next'],
    ['a seqId twice', { messages: [message, { ...message, id: 'b' }] }, 'message b has the seqId 1, where 2 was next'],
    ['an id twice', { messages: [message, { ...message, seqId: 2 }] }, 'two messages have the id a'],
    ['a call twice', { messages: [1, 2].map((seqId) => ({ ...message, id: `c${seqId}`, seqId, role: 'tool-call' as const, toolCallId: 'c' })) }, 'the tool call c is there twice'],
    ['a message that streams', { messages: [{ ...message, streaming: true }] }, 'message a is still streaming after the end'],
    ['a tool that runs', { messages: [{ ...message, role: 'tool-call', toolState: 'running' }] }, 'the tool call a is still running after the end'],
    ['a question that waits', { permissions: [{ ...question, state: 'pending' }] }, 'the question q still waits after the end'],
    ['an answer under way', { permissions: [{ ...question, state: 'answering' }] }, 'the question q still waits after the end'],
    ['a status that runs on', { status: 'running' }, 'the session is still running after the end'],
  ])('find %s', (_what, fields, words) => {
    expect(brokenRules({ ...session, ...fields })).toEqual([words])
  })

  test('let a session that is live stream, run and ask', () => {
    const live = { live: true, status: 'running', messages: [{ ...message, streaming: true as const }], permissions: [{ ...question, state: 'pending' as const }] }
    expect(brokenRules({ ...session, ...live })).toEqual([])
  })
})
