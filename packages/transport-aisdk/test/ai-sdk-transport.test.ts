import { type AgentEvent, createAgentStore, createMemoryStorage, type PermissionEvent, type SessionMessage } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createAiSdkTransport, type DataPart, type UiMessage } from '../src/index.ts'
import { closeRigs, rig } from './rig.ts'
import { answer, type Asked, call, type Step, text } from './scripted-server.ts'

afterEach(closeRigs)

const hello: Step = { chunks: answer(text(['Hel', 'lo.'])) }
const isQuestion = (event: AgentEvent): event is PermissionEvent => event.type === 'permission'
const isDelta = ({ type }: AgentEvent): boolean => type === 'delta'
const contents = (events: readonly AgentEvent[], type: string): unknown[] =>
  events.flatMap((event) => (event.type === 'message' ? event.messages.filter((message) => message.type === type).map(({ content }) => content) : []))
const sent = (asked: Asked | undefined, name: string): unknown => Reflect.get(Object(asked?.body), name)
const asks = (approvalId = 'a1', toolCallId = 'call-1', more: object = {}): object => ({ type: 'tool-approval-request', approvalId, toolCallId, ...more })
const remove = call('remove', { path: 'a.txt' })

describe('a request', () => {
  it('is the one that useChat makes: the chat, what was said, the trigger', async () => {
    const { start, prompt, heard, server } = await rig([{ chunks: [{ type: 'start', messageId: 'm1', messageMetadata: { at: 1 } }, { type: 'start-step' }, ...text(['One.']), { type: 'finish' }] }, hello])
    expect(await start('r1', 'first')).toEqual({ ok: true })
    await heard.end('r1')
    await prompt('r2', 'second')
    await heard.end('r2')
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/api/chat', headers: { 'content-type': 'application/json' } })
    const first = { id: 'r1-prompt', role: 'user', parts: [{ type: 'text', text: 'first' }] }
    expect(server.asked[0]?.body).toEqual({ id: 'session', messages: [first], trigger: 'submit-message' })
    expect(sent(server.asked[1], 'messages')).toEqual([
      first,
      { id: 'm1', role: 'assistant', metadata: { at: 1 }, parts: [{ type: 'step-start' }, { type: 'text', text: 'One.', state: 'done' }] },
      { id: 'r2-prompt', role: 'user', parts: [{ type: 'text', text: 'second' }] },
    ])
  })

  it('B5 has the model and the system prompt of the start, and whatever the app adds', async () => {
    const { start, heard, server } = await rig([hello], {
      headers: async ({ projectId }) => ({ Authorization: `Bearer ${projectId}` }),
      body: ({ cwd }) => ({ folder: cwd }),
    })
    await start('r1', 'hi', { model: 'gpt', systemPrompt: 'Be brief.', cwd: '/work', agentSessionId: 'chat-7' })
    await heard.end('r1')
    expect(server.asked[0]).toMatchObject({ headers: { authorization: 'Bearer project' }, body: { id: 'chat-7', model: 'gpt', systemPrompt: 'Be brief.', folder: '/work' } })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', agentSessionId: 'chat-7' }))
  })

  it('is made another one where the back end wants it so', async () => {
    const { start, heard, server } = await rig([hello], {
      prepareSendMessagesRequest: ({ id, messages, api, requestMetadata }) => ({ api: `${api}?v=2`, headers: { 'x-project': requestMetadata.projectId }, body: { id, message: messages.at(-1) } }),
    })
    await start('r1', 'hi')
    await heard.end('r1')
    expect(server.asked[0]).toMatchObject({ url: '/api/chat?v=2', headers: { 'x-project': 'project' }, body: { id: 'session', message: { role: 'user' } } })
  })

  it('that an option of the app\'s spoils is refused in its name', async () => {
    const { start } = await rig([hello], { headers: () => Promise.reject(new Error('no token')) })
    expect(await start('r1', 'hi')).toEqual({ ok: false, code: 'invalid-argument', error: 'The option `headers` failed: no token' })
  })

  it('has images, files and the words of files', async () => {
    const { start, heard, server } = await rig([hello])
    await start('r1', [
      { type: 'text', text: 'Look' },
      { type: 'image', mimeType: 'image/png', data: 'AAAA', name: 'a.png' },
      { type: 'file', uri: 'file:///a.txt', name: 'a.txt', text: 'alpha' },
      { type: 'file', uri: 'https://example.com/b.pdf', mimeType: 'application/pdf' },
      { type: 'file', uri: 'file:///c.bin' },
    ])
    await heard.end('r1')
    expect(sent(server.asked[0], 'messages')).toEqual([
      {
        id: 'r1-prompt',
        role: 'user',
        parts: [
          { type: 'text', text: 'Look' },
          { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AAAA', filename: 'a.png' },
          { type: 'text', text: 'a.txt:\nalpha' },
          { type: 'file', mediaType: 'application/pdf', url: 'https://example.com/b.pdf' },
          { type: 'text', text: '[file: file:///c.bin]' },
        ],
      },
    ])
  })

  it('has the model that was chosen', async () => {
    const { start, prompt, heard, server, transport } = await rig([hello], { models: [{ id: 'a', label: 'A' }, { id: 'b', label: 'B' }] })
    await start('r1', 'hi', { model: 'a' })
    await heard.end('r1')
    expect(await transport.configure({ sessionId: 'session', model: 'c' })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(await transport.configure({ sessionId: 'session', model: 'b' })).toEqual({ ok: true })
    await prompt('r2', 'again')
    await heard.end('r2')
    expect(server.asked.map((asked) => sent(asked, 'model'))).toEqual(['a', 'b'])
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', model: 'b' }))
  })
})

describe('an answer', () => {
  it('says what it used, of each request, where the back end says so', async () => {
    const { start, heard } = await rig([{ chunks: answer(text(['Hi.']), { messageMetadata: { totalUsage: { inputTokens: 10, outputTokens: 2 }, model: 'gpt' } }) }])
    await start('r1', 'hi')
    await heard.end('r1')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'cost', scope: 'run', inputTokens: 10, outputTokens: 2 }))
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', model: 'gpt' }))
  })

  it('says it in the back end\'s own way, too, and one that fails at it is reported', async () => {
    const priced = await rig([{ chunks: answer(text(['Hi.']), { messageMetadata: { price: 0.5 } }) }], { usageOf: (metadata) => ({ costUsd: Number(Reflect.get(Object(metadata), 'price')) }) })
    await priced.start('r1', 'hi')
    await priced.heard.end('r1')
    expect(priced.heard.all).toContainEqual(expect.objectContaining({ type: 'cost', costUsd: 0.5 }))
    const failing = await rig([{ chunks: answer(text(['Hi.']), { messageMetadata: {} }) }], { usageOf: () => JSON.parse('{') })
    await failing.start('r1', 'hi')
    expect(await failing.heard.end('r1')).toMatchObject({ status: 'done' })
    expect(contents(failing.heard.all, 'unknown')).toEqual([expect.objectContaining({ usageOf: expect.any(String) })])
  })

  it('may have data for the app, which hears all of it and shows none', async () => {
    const data: DataPart[] = []
    const chunks = answer([{ type: 'data-weather', id: 'w', data: { sky: 'blue' } }, { type: 'data-note', data: 1, transient: true }, ...text(['Hi.'])])
    const { start, prompt, heard, server } = await rig([{ chunks }, hello], { onData: (part) => void data.push(part) })
    await start('r1', 'hi')
    await heard.end('r1')
    expect(data).toEqual([{ type: 'data-weather', id: 'w', data: { sky: 'blue' }, transient: false }, { type: 'data-note', data: 1, transient: true }])
    expect(contents(heard.all, 'unknown')).toEqual([])
    await prompt('r2', 'again')
    await heard.end('r2')
    const [, said] = Object(sent(server.asked[1], 'messages'))
    expect(said.parts).toEqual([{ type: 'step-start' }, { type: 'data-weather', id: 'w', data: { sky: 'blue' } }, { type: 'text', text: 'Hi.', state: 'done' }])
  })

  it('whose data the app fails at goes on, and that is reported', async () => {
    const { start, heard } = await rig([{ chunks: answer([{ type: 'data-note', data: 1 }, ...text(['Hi.'])]) }], { onData: () => JSON.parse('{') })
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(contents(heard.all, 'unknown')).toEqual([expect.objectContaining({ onData: expect.any(String) })])
  })

  it('that has no `finish` but the mark of its end is whole, as one that has a `finish` and no mark', async () => {
    const marked = await rig([{ chunks: text(['Hi.']) }])
    await marked.start('r1', 'hi')
    expect(await marked.heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    const finished = await rig([{ chunks: answer(text(['Hi.'])), after: 'end' }])
    await finished.start('r1', 'hi')
    expect(await finished.heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
  })

  it('comes in pieces of any size: half characters, any line ends, a mark of byte order, comments, data over lines', async () => {
    const bytes = new TextEncoder().encode(`\uFEFFdata: ${JSON.stringify({ type: 'text-start', id: 't' })}\r\n\r\n: keep-alive\r\rdata: {"type":"text-delta",\ndata: "id":"t",\r\ndata: "delta":"Grüße 👋"}\n\nevent: x\nid: 7\nretry: 10\ndata:${JSON.stringify({ type: 'text-end', id: 't' })}\r\r`)
    const { start, heard } = await rig([{ chunks: Array.from(bytes, (byte) => Uint8Array.of(byte)) }])
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    expect(heard.said('r1')).toBe('Grüße 👋')
  })

  it('is read where a back end of another language names it a page, and says by its header what it is', async () => {
    const { start, heard } = await rig([{ ...hello, type: 'text/html; charset=utf-8' }])
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
  })

  it('lies about ids: each text is one of its own, and nothing of it is lost', async () => {
    const chunks = answer([
      ...text(['One.'], '0'),
      ...text(['Two.'], '0'),
      { type: 'text-delta', id: 'never-begun', delta: 'Three.' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Fo' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Five.' },
      { type: 'text-end', id: 'no-such' },
      { type: 'reasoning-delta', id: '1', delta: 'Hm.' },
    ])
    const { start, heard } = await rig([{ chunks }])
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    const texts = heard.all.flatMap((event) => (event.type === 'delta' ? [[event.id, event.kind, event.text]] : []))
    expect(texts).toEqual([
      ['r1/1/text-1', 'text', 'One.'],
      ['r1/1/text-2', 'text', 'Two.'],
      ['r1/1/text-3', 'text', 'Three.'],
      ['r1/1/text-4', 'text', 'Fo'],
      ['r1/1/text-5', 'text', 'Five.'],
      ['r1/1/thinking-6', 'thinking', 'Hm.'],
    ])
  })

  it('lies about calls: an output of none is reported, one id for two calls is two', async () => {
    const output = { type: 'tool-output-available', toolCallId: 'call-1', output: 'one' }
    const chunks = answer([{ type: 'tool-output-available', toolCallId: 'nobody', output: 1 }, asks('a1', 'nobody'), ...remove, output, { type: 'start-step' }, ...remove, { ...output, output: 'two' }])
    const { start, heard } = await rig([{ chunks }])
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    expect(contents(heard.all, 'unknown')).toEqual([expect.objectContaining({ toolCallId: 'nobody' }), expect.objectContaining({ approvalId: 'a1' })])
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'one', toolCallId: 'r1/1/call-1' }, { output: 'two', toolCallId: 'r1/1/call-1~2' }])
  })

  it('sums up what its requests used', async () => {
    const used = (inputTokens: number): object => ({ messageMetadata: { usage: { inputTokens, outputTokens: 1, cachedInputTokens: 2 } } })
    const { start, heard } = await rig([{ chunks: answer(call('locate', {}), used(10)) }, { chunks: answer(text(['Hi.']), used(20)) }], { onToolCall: () => 'here' })
    await start('r1', 'hi')
    await heard.end('r1')
    expect(heard.all.findLast(({ type }) => type === 'cost')).toMatchObject({ scope: 'run', inputTokens: 30, outputTokens: 2, cachedInputTokens: 4 })
  })

  it('keeps nothing of an output that was not the last, where the tool failed after it', async () => {
    const chunks = answer([...remove, { type: 'tool-output-available', toolCallId: 'call-1', output: 'half', preliminary: true }, { type: 'tool-output-available', toolCallId: 'call-1', output: { other: 1 }, preliminary: true }, { type: 'tool-output-error', toolCallId: 'call-1', errorText: 'full disk' }])
    const { start, prompt, heard, server } = await rig([{ chunks }, hello])
    await start('r1', 'hi')
    await heard.end('r1')
    expect(heard.all.filter(isDelta)).toEqual([expect.objectContaining({ kind: 'tool_result', id: 'r1/1/call-1/result', text: 'half', offset: 0, toolCallId: 'r1/1/call-1' })])
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'full disk', toolCallId: 'r1/1/call-1', isError: true }])
    await prompt('r2', 'again')
    await heard.end('r2')
    const [, said] = Object(sent(server.asked[1], 'messages'))
    expect(said.parts[1]).toEqual({ type: 'tool-remove', toolCallId: 'call-1', state: 'output-error', input: { path: 'a.txt' }, errorText: 'full disk' })
  })

  it('takes back a step that is tried again', async () => {
    const chunks = answer([...text(['Wrong']).slice(0, 2), ...remove, asks(), { type: 'reset-step' }, ...text(['Right.']), ...call('look', {}), { type: 'tool-output-available', toolCallId: 'call-1', output: 'x' }])
    const { start, heard } = await rig([{ chunks }])
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'retract', ids: ['r1/1/text-1', 'r1/1/call-1'] }))
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' }))
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'x', toolCallId: 'r1/1/call-1~2' }])
  })
})

describe('a tool that asks', () => {
  const allowed = { chunks: answer([{ type: 'tool-output-available', toolCallId: 'call-1', output: 'gone' }, ...text(['Done.'])]) }

  it('is asked about, and the answer goes back with the next request', async () => {
    const { start, heard, transport, server } = await rig([{ chunks: [{ type: 'start', messageId: 'm1' }, ...remove, asks('a1', 'call-1', { signature: 's', reason: 'It is risky.' }), { type: 'finish', finishReason: 'tool-calls' }] }, allowed])
    await start('r1', 'go')
    const { request } = await heard.until(isQuestion)
    expect(request).toMatchObject({ id: 'r1/1/permission-1', title: 'Run remove? It is risky.', toolCallId: 'r1/1/call-1', input: { path: 'a.txt' } })
    const respond = (optionId: string, more = {}) => transport.respond({ sessionId: 'session', requestId: request.id, optionId, ...more })
    expect(await respond('maybe')).toMatchObject({ ok: false, code: 'permission-option-unknown' })
    expect(await respond('allow', { input: { path: 'b.txt' } })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await respond('allow')).toEqual({ ok: true })
    expect(await respond('allow')).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(server.asked[1]?.body).toMatchObject({
      trigger: 'submit-message',
      messageId: 'm1',
      messages: [
        { role: 'user' },
        { id: 'm1', role: 'assistant', parts: [{ type: 'tool-remove', toolCallId: 'call-1', state: 'approval-responded', input: { path: 'a.txt' }, approval: { id: 'a1', approved: true, signature: 's', requestReason: 'It is risky.' } }] },
      ],
    })
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'gone', toolCallId: 'r1/1/call-1' }])
  })

  it('is rejected with a reason, or closed without one', async () => {
    const denied = { chunks: answer([{ type: 'tool-output-denied', toolCallId: 'call-1' }, ...text(['Then not.'])]) }
    const { start, prompt, heard, transport, server } = await rig([{ chunks: answer([...remove, asks()]) }, denied, { chunks: answer([...remove, asks()]) }, denied])
    await start('r1', 'go')
    await heard.until(isQuestion)
    await transport.respond({ sessionId: 'session', requestId: 'r1/1/permission-1', optionId: 'reject', text: 'keep it' })
    await heard.end('r1')
    expect(JSON.stringify(server.asked[1]?.body)).toContain('"approved":false,"reason":"keep it"')
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'It was not allowed.', toolCallId: 'r1/1/call-1', isError: true }])
    await prompt('r2', 'again')
    await heard.until((event) => isQuestion(event) && event.run === 'r2')
    await transport.respond({ sessionId: 'session', requestId: 'r2/1/permission-1' })
    expect(await heard.end('r2')).toMatchObject({ status: 'done' })
    expect(JSON.stringify(server.asked[3]?.body)).toContain('closed the question without an answer')
  })

  it('and is allowed for good asks no more', async () => {
    const { start, prompt, heard, transport, server } = await rig([{ chunks: answer([...remove, asks()]) }, allowed, { chunks: answer([...remove, asks('a2')]) }, allowed])
    await start('r1', 'go')
    await heard.until(isQuestion)
    await transport.respond({ sessionId: 'session', requestId: 'r1/1/permission-1', optionId: 'allow-always' })
    await heard.end('r1')
    await prompt('r2', 'again')
    expect(await heard.end('r2')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.all.filter(isQuestion)).toHaveLength(1)
    expect(server.asked).toHaveLength(4)
  })

  it('and is answered by the back end itself is no question any more', async () => {
    const chunks = answer([...remove, asks(), { type: 'tool-approval-response', approvalId: 'a1', approved: true }, { type: 'tool-output-available', toolCallId: 'call-1', output: 'gone' }])
    const { start, heard, server } = await rig([{ chunks }])
    await start('r1', 'go')
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', outcome: 'selected', optionId: 'allow' }))
    expect(server.asked).toHaveLength(1)
  })

  it('F16 twice in one answer asks once, and a call that is told again after its question asks no less', async () => {
    const [, , whole] = remove
    const { start, heard, transport, server } = await rig([{ chunks: answer([...remove, asks(), asks(), whole]) }, allowed])
    await start('r1', 'go')
    await heard.until(isQuestion)
    await transport.respond({ sessionId: 'session', requestId: 'r1/1/permission-1', optionId: 'allow' })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.all.filter(isQuestion)).toHaveLength(1)
    expect(JSON.stringify(server.asked[1]?.body)).toContain('"state":"approval-responded"')
  })

  it('again and again is not asked for ever', async () => {
    const { start, heard, transport, server } = await rig([{ chunks: answer([...remove, asks()]) }])
    transport.subscribe((event) => isQuestion(event) && void transport.respond({ sessionId: 'session', requestId: event.request.id, optionId: 'allow' }))
    await start('r1', 'go', { maxTurns: 3 })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'max_turns' })
    expect(server.asked).toHaveLength(3)
  })
})

describe('a tool of this side', () => {
  const locate = { chunks: answer(call('locate', { near: 'me' })) }

  it('runs when the answer has ended, and its output goes back', async () => {
    const { start, heard, server } = await rig([locate, hello], { onToolCall: ({ toolName, input }, { projectId }) => ({ toolName, input, projectId }) })
    await start('r1', 'where?')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    const output = { toolName: 'locate', input: { near: 'me' }, projectId: 'project' }
    expect(contents(heard.all, 'tool_result')).toEqual([{ output, toolCallId: 'r1/1/call-1' }])
    const [, said] = Object(sent(server.asked[1], 'messages'))
    expect(said.parts).toContainEqual({ type: 'tool-locate', toolCallId: 'call-1', state: 'output-available', input: { near: 'me' }, output })
  })

  it('that throws has failed, and the model hears why', async () => {
    const { start, heard, server } = await rig([locate, hello], { onToolCall: () => Promise.reject(new Error('no satellite')) })
    await start('r1', 'where?')
    await heard.end('r1')
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'no satellite', toolCallId: 'r1/1/call-1', isError: true }])
    expect(JSON.stringify(server.asked[1]?.body)).toContain('"state":"output-error","input":{"near":"me"},"errorText":"no satellite"')
  })

  it('that nobody runs ends the run, and the next prompt says that it gave nothing', async () => {
    const { start, prompt, heard, server } = await rig([{ chunks: answer(call('locate', {}), { finishReason: 'tool-calls' }) }, hello])
    await start('r1', 'where?')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'tool-calls' })
    await prompt('r2', 'and now?')
    await heard.end('r2')
    expect(JSON.stringify(server.asked[1]?.body)).toContain('"state":"output-error","input":{},"errorText":"It was stopped before it gave anything."')
  })
})

describe('a stop', () => {
  const once: Step = { chunks: answer(text(['Once upon '])).slice(0, 4), after: 'hang' }

  it('in the middle of a text keeps what was said, also for the model', async () => {
    const { start, stop, prompt, heard, server } = await rig([once, hello])
    await start('r1', 'story')
    await heard.until(isDelta)
    expect(await stop('r1')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'message-end', id: 'r1/1/text-1', cut: true }))
    await prompt('r2', 'go on')
    await heard.end('r2')
    expect(sent(server.asked[1], 'messages')).toMatchObject([{ role: 'user' }, { role: 'assistant', parts: [{ type: 'step-start' }, { type: 'text', text: 'Once upon ', state: 'done' }] }, { role: 'user' }])
    expect(server.abandoned).toBe(1)
  })

  it('tells a back end that goes on without us, and is refused where it does not agree', async () => {
    const stopped: string[] = []
    let agrees = false
    const { start, stop, heard } = await rig([once], {
      stopStream: async (chatId) => {
        if (!agrees) throw new Error('busy')
        stopped.push(chatId)
      },
    })
    await start('r1', 'story')
    await heard.until(isDelta)
    expect(await stop('r1')).toMatchObject({ ok: false, error: expect.stringContaining('busy') })
    agrees = true
    expect(await stop('r1')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
    expect(stopped).toEqual(['session'])
  })

  it('in a tool of this side does not wait for it', async () => {
    let began = (_signal: AbortSignal): void => {}
    const running = new Promise<AbortSignal>((resolve) => (began = resolve))
    const { start, stop, heard, server } = await rig([{ chunks: answer(call('locate', {})) }], { onToolCall: (_call, { signal }) => new Promise(() => began(signal)) })
    await start('r1', 'where?')
    const signal = await running
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
    expect([signal.aborted, server.asked.length]).toEqual([true, 1])
  })

  it('is final: what a tool of this side gives afterwards is told nobody', async () => {
    let give = (_output: string): void => {}
    const { start, stop, heard } = await rig([{ chunks: answer(call('locate', {})) }], { onToolCall: () => new Promise((resolve) => (give = resolve)) })
    await start('r1', 'where?')
    await heard.until((event) => event.type === 'message')
    await new Promise(setImmediate)
    await stop('r1')
    await heard.end('r1')
    const before = heard.all.length
    give('too late')
    await new Promise(setImmediate)
    expect(heard.all.slice(before)).toEqual([])
  })

  it('in the middle of a call\'s arguments leaves no half of a call to the model', async () => {
    const { start, stop, prompt, heard, server } = await rig([{ chunks: answer([...text(['Hm.']), ...remove.slice(0, 2)]).slice(0, 7), after: 'hang' }, hello])
    await start('r1', 'go')
    await heard.until((event) => event.type === 'message')
    await stop('r1')
    await heard.end('r1')
    await prompt('r2', 'again')
    await heard.end('r2')
    expect(sent(server.asked[1], 'messages')).toMatchObject([{}, { parts: [{ type: 'step-start' }, { type: 'text', text: 'Hm.' }] }, {}])
    expect(JSON.stringify(server.asked[1]?.body)).not.toContain('call-1')
  })

  it('of a back end that floods is heard in the middle of it', async () => {
    const { start, stop, heard } = await rig([{ after: 'flood' }])
    await start('r1', 'go')
    await heard.until((event) => event.type === 'delta' && (event.offset ?? 0) > 5_000)
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
    const before = heard.all.length
    await new Promise(setImmediate)
    expect(heard.all.length).toBe(before)
  })

  it('F34 of a back end that takes the request and never answers', async () => {
    const clock = createManualClock()
    const { start, stop, heard, server } = await rig([{ silent: true }], { clock })
    const started = start('r1', 'hi')
    while (server.asked.length === 0) await new Promise(setImmediate)
    await clock.advance(5_000)
    expect(await started).toEqual({ ok: true })
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(clock.pending).toBe(0)
  })
})

describe('what goes wrong', () => {
  it('no back end: the start is refused with what to do', async () => {
    const { server, start } = await rig([])
    await server.close()
    expect(await start('r1', 'hi')).toEqual({ ok: false, code: 'agent-not-found', error: expect.stringMatching(/^No back end answers at http.*ECONNREFUSED.*Start it, correct `api`/) })
    const nowhere = createAiSdkTransport()
    expect(await nowhere.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'aisdk', prompt: 'hi', messageId: 'm' })).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringContaining('must be a whole one') })
  })

  it.each([
    ['a log in', { says: { status: 401, body: '{"error":"no session"}' } }, 'login-required', /wants you to log in \(401 Unauthorized\): no session/],
    ['a place that is not there', { says: { status: 404, body: 'Not found', type: 'text/plain' } }, 'agent-not-found', /no chat back end at .* \(404 Not Found\): Not found.*Correct `api`/],
    ['too much to do', { says: { status: 429, body: '{"message":"slow down"}' } }, 'agent-protocol', /too much to do .*: slow down\. Try again later/],
    ['an error of the server', { says: { status: 500, body: '{"error":{"message":"no key"}}' } }, 'agent-protocol', /refused \(500 Internal Server Error\): no key/],
    ['an error without words', { says: { status: 503 } }, 'agent-protocol', /refused \(503 Service Unavailable\)$/],
    ['an error page', { says: { status: 502, body: `<h1>Bad\n gateway</h1>${'x'.repeat(9_000)}`, type: 'text/html' } }, 'agent-protocol', /<h1>Bad gateway<\/h1>x+…$/],
    ['a page instead of a stream', { says: { status: 200, body: '<!doctype html>', type: 'text/html; charset=utf-8' } }, 'agent-protocol', /answered with text\/html; charset=utf-8.*: <!doctype html>\. Is it the address/],
    ['an object instead of a stream', { says: { status: 200, body: '{"text":"hi"}' } }, 'agent-protocol', /answered with application\/json/],
    ['a server that hangs up', { hangsUp: true as const }, 'agent-not-found', /No back end answers/],
  ])('%s: the prompt is refused with its words, and leaves nothing in the way', async (_what, step, code, words) => {
    const { start, prompt, heard, server } = await rig([step, hello])
    expect(await start('r1', 'hi')).toEqual({ ok: false, code, error: expect.stringMatching(words) })
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ status: 'done' })
    expect(sent(server.asked[1], 'messages')).toMatchObject([{ id: 'r2-prompt' }])
  })

  it.each([
    ['an error in the middle', { chunks: [...text(['Part of']).slice(0, 2), { type: 'error', errorText: 'overloaded' }, ...text(['never read'])] }, /^overloaded$/, 'Part of'],
    ['an error without words', { chunks: [{ type: 'error', errorText: ' ' }] }, /without saying why/, ''],
    ['a connection that breaks in the middle', { chunks: text(['This will never be']).slice(0, 2), after: 'cut' as const }, /connection to the back end .* broke/, 'This will never be'],
    ['an answer that ends too soon', { chunks: text(['Part of']), after: 'end' as const }, /ended its answer before it was whole/, 'Part of'],
    ['an answer of nothing', { after: 'end' as const }, /ended its answer before it was whole/, ''],
    ['a chunk that is no JSON', { chunks: [...text(['Part of']).slice(0, 2), 'data: Segmentation fault\n\n'] }, /a chunk that is no JSON: "Segmentation fault"/, 'Part of'],
    ['a chunk without an end', { chunks: [`data: ${'x'.repeat(3_000)}`, 'x'.repeat(3_000)], after: 'hang' as const }, /a chunk of more than 1000 characters/, ''],
    ['an answer without an end', { after: 'flood' as const }, /more than 100000 bytes in one answer/, /^(more )+$/],
    ['the stream of an older SDK', { chunks: ['0:"Hello"\n', 'd:{"finishReason":"stop"}\n'], type: 'text/plain', after: 'end' as const }, /no UI message stream, but "0:\\"Hello\\"".*AI SDK 4/, ''],
    ['plain words', { chunks: ['Hello there\n'], type: 'text/plain', after: 'end' as const }, /no UI message stream, but "Hello there"/, ''],
  ])('%s: the run ends in an error with its words, and the next prompt goes on', async (_what, step, words, said) => {
    const { start, prompt, heard } = await rig([step, hello], { mostChunkCharacters: 1_000, mostAnswerBytes: 100_000 })
    expect(await start('r1', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'error', error: expect.stringMatching(words) })
    if (typeof said === 'string') expect(heard.said('r1')).toBe(said)
    else expect(heard.said('r1')).toMatch(said)
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ status: 'done' })
  })

  it('a back end that dies in the request after an answer of ours ends the run, and what was done stays', async () => {
    const { start, heard, server } = await rig([{ chunks: answer(call('locate', {})) }, { hangsUp: true }], { onToolCall: () => 'here' })
    await start('r1', 'where?')
    expect(await heard.end('r1')).toMatchObject({ status: 'error', error: expect.stringContaining('No back end answers') })
    expect(contents(heard.all, 'tool_result')).toHaveLength(1)
    expect(server.asked).toHaveLength(2)
  })

  it('keys that would reach a prototype never come to a tool', async () => {
    const inputs: unknown[] = []
    const chunk = 'data: {"type":"tool-input-available","toolCallId":"c","toolName":"t","input":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"city":"Paris"}}\n\n'
    const { start, heard } = await rig([{ chunks: [chunk, { type: 'finish' }] }, hello], { onToolCall: ({ input }) => void inputs.push(input) })
    await start('r1', 'go')
    await heard.end('r1')
    expect(inputs.map((input) => JSON.stringify(input))).toEqual(['{"city":"Paris"}'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it('a fetch that does not heed its signal does not keep a stop', async () => {
    const { start, stop, heard } = await rig([{ chunks: answer(text(['Once'])).slice(0, 4), after: 'hang' }], { fetch: (input, init) => fetch(input, { ...init, signal: null }) })
    await start('r1', 'story')
    await heard.until(isDelta)
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
  })
})

describe('T12 a session that the transport no longer knows', () => {
  const said = (role: SessionMessage['role'], content: string, more: Partial<SessionMessage> = {}): SessionMessage => ({ id: `${role}-${content}`, seqId: 1, role, content, timestamp: 0, ...more })

  it('goes on with what was said, where the host can tell it', async () => {
    const before = [
      said('system', 'Session initialized'),
      said('user', 'weather?', { id: 'u1' }),
      said('thinking', 'Hm.'),
      said('tool-call', 'call', { id: 'r1/1/c.1', run: 'r1', toolName: 'getWeather', toolInput: '{"city":"Paris"}', toolCallId: 'r1/1/c.1' }),
      said('tool-result', '{"sky":"sunny"}', { toolCallId: 'r1/1/c.1' }),
      said('assistant', 'It is sunny.', { id: 'r1/1/text-1' }),
      said('assistant', '[source: A, https://a]', { id: 'r1/1/source-1' }),
      said('assistant', 'of a sub-agent', { parentId: 'x' }),
      said('tool-call', 'call', { toolName: 'getWeather', toolInput: '{"city":"Pa', toolCallId: 'c2' }),
      said('tool-call', 'call', { toolName: 'getWeather', toolCallId: 'c3' }),
      said('tool-result', 'no such city', { toolCallId: 'c3', isError: true }),
      said('user', 'never sent', { delivery: 'failed' }),
      said('user', 'and now?', { id: 'r9-prompt' }),
    ]
    const { prompt, heard, server } = await rig([hello], { transcript: async () => before })
    expect(await prompt('r9', 'and now?')).toEqual({ ok: true })
    await heard.end('r9')
    expect(sent(server.asked[0], 'messages')).toEqual([
      { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'weather?' }] },
      {
        id: 'u1-answer',
        role: 'assistant',
        parts: [
          { type: 'tool-getWeather', toolCallId: 'c_1', state: 'output-available', input: { city: 'Paris' }, output: { sky: 'sunny' } },
          { type: 'step-start' },
          { type: 'text', text: 'It is sunny.', state: 'done' },
          { type: 'tool-getWeather', toolCallId: 'c2', state: 'output-error', input: {}, errorText: 'It was stopped before it gave anything.' },
          { type: 'tool-getWeather', toolCallId: 'c3', state: 'output-error', input: {}, errorText: 'no such city' },
        ],
      },
      { id: 'r9-prompt', role: 'user', parts: [{ type: 'text', text: 'and now?' }] },
    ])
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('says that the model remembers nothing, where nobody can', async () => {
    const forgetful = await rig([hello])
    await forgetful.prompt('r9', 'and now?')
    await forgetful.heard.end('r9')
    expect(forgetful.heard.all).toContainEqual(expect.objectContaining({ type: 'session', restarted: true }))
    const remembering = await rig([hello], { remembers: true })
    await remembering.prompt('r9', 'and now?')
    await remembering.heard.end('r9')
    expect(remembering.heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('is one that the app has kept: it shows, and goes on', async () => {
    const chat: UiMessage[] = [
      { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'weather?' }, { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AAAA', filename: 'a.png' }] },
      {
        id: 'm2',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          { type: 'reasoning', text: 'Hm.', state: 'done', providerMetadata: { mock: { signature: 's' } } },
          { type: 'tool-getWeather', toolCallId: 'c1', state: 'output-available', input: { city: 'Paris' }, output: { sky: 'sunny' } },
          { type: 'dynamic-tool', toolName: 'look', toolCallId: 'c2', state: 'input-available', input: {} },
          { type: 'source-url', sourceId: 's', url: 'https://a', title: 'A' },
          { type: 'text', text: 'Sunny.', state: 'done' },
          { type: 'data-note', data: 1 },
        ],
      },
    ]
    const { server } = await rig([hello])
    const store = createAgentStore({ transport: createAiSdkTransport({ api: server.api, loadChat: async (id) => (id === 'chat-7' ? chat : []) }) })
    const ended = new Promise<void>((resolve) => store.on('notification', () => resolve()))
    await store.start('project', { provider: 'aisdk', prompt: 'and now?', agentSessionId: 'chat-7' })
    await ended
    const { messages = [], permissions, continuity } = store.getSession('project') ?? {}
    expect(messages.map(({ seqId, role, content, toolState }) => [seqId, role, content, toolState])).toEqual([
      [2, 'user', 'weather?\n[file: a.png]', undefined],
      [3, 'thinking', 'Hm.', undefined],
      [4, 'tool-call', expect.any(String), 'done'],
      [5, 'tool-result', '{"sky":"sunny"}', undefined],
      [6, 'tool-call', expect.any(String), 'failed'],
      [7, 'tool-result', 'It was stopped before it gave anything.', undefined],
      [8, 'assistant', '[source: A, https://a]', undefined],
      [9, 'assistant', 'Sunny.', undefined],
      [10, 'user', 'and now?', undefined],
      [11, 'assistant', 'Hello.', undefined],
    ])
    expect([permissions, continuity]).toEqual([[], undefined])
    expect(server.asked[0]?.body).toMatchObject({ id: 'chat-7', messages: [chat[0], { id: 'm2', parts: expect.arrayContaining([chat[1]?.parts[1], chat[1]?.parts[2]]) }, { role: 'user', parts: [{ text: 'and now?' }] }] })
    await store.dispose()
  })

  it('is refused where what was said cannot be read', async () => {
    const { prompt } = await rig([hello], { transcript: () => Promise.reject(new Error('the disk is gone')) })
    expect(await prompt('r9', 'and now?')).toMatchObject({ ok: false, code: 'storage-failed', error: expect.stringContaining('the disk is gone') })
  })
})

describe('an answer that is under way', () => {
  const chunks = answer([...text(['Once ', 'upon ', 'a time.']), ...call('look', {}), { type: 'tool-output-available', toolCallId: 'call-1', output: 'x' }])

  it('is found again after a restart, and nothing of it shows twice', async () => {
    const storage = createMemoryStorage()
    const kept = { ...storage, close: async () => {} }
    const { server } = await rig(({ method }) => (method === 'GET' ? { chunks } : { chunks: chunks.slice(0, 5), after: 'hang' }))
    const open = () => createAgentStore({ transport: createAiSdkTransport({ api: server.api, resume: true, transcript: (id) => storage.loadMessages(id) }), storage: kept })
    const first = open()
    const heard = new Promise<void>((resolve) => first.on('change', () => first.getSession('project')?.lastMessage?.content === 'Once upon ' && resolve()))
    const started = await first.start('project', { provider: 'aisdk', prompt: 'story' })
    await heard
    await first.flush()
    const before = first.getSession('project')?.messages.map(({ id, content }) => [id, content])
    await first.dispose()
    const second = open()
    const ended = new Promise<void>((resolve) => second.on('notification', () => resolve()))
    await second.restore('project')
    await ended
    const session = second.getSession('project')
    expect(server.asked[1]).toMatchObject({ method: 'GET', url: `/api/chat/${started.ok ? started.sessionId : ''}/stream` })
    expect(before).toEqual([[expect.any(String), 'story'], [expect.stringMatching(/\/1\/text-1$/), 'Once upon ']])
    expect(session?.messages.map(({ seqId, role, content }) => [seqId, role, content])).toEqual([
      [1, 'user', 'story'],
      [2, 'assistant', 'Once upon a time.'],
      [3, 'tool-call', '{}'],
      [4, 'tool-result', 'x'],
    ])
    expect([session?.status, session?.endReason, session?.continuity]).toEqual(['done', 'completed', undefined])
    await second.dispose()
  })

  it.each([
    ['none', 204, 'transcript-only'],
    ['no such chat', 404, 'lost'],
  ])('is not there any more (%s)', async (_what, status, outcome) => {
    const { transport, prompt, heard } = await rig(({ method }) => (method === 'GET' ? { says: { status } } : hello), { resume: true, remembers: true })
    expect(transport.capabilities).toMatchObject({ attach: true })
    expect(await transport.attach({ sessionId: 'session', run: 'r1', session: { projectId: 'project', provider: 'aisdk' } })).toEqual({ outcome })
    await prompt('r2', 'hi')
    expect(await heard.end('r2')).toMatchObject({ status: 'done' })
  })

  it('of the second request of a run goes on in it', async () => {
    const again = { chunks: answer([{ type: 'tool-output-available', toolCallId: 'call-1', output: 'gone' }, ...text(['Done.'])]) }
    const before: SessionMessage[] = [
      { id: 'u1', seqId: 1, role: 'user', content: 'go', timestamp: 0 },
      { id: 'r1/1/text-1', seqId: 2, role: 'assistant', content: 'I must.', run: 'r1', timestamp: 0 },
      { id: 'r1/1/call-1', seqId: 3, role: 'tool-call', content: '', toolName: 'remove', toolCallId: 'r1/1/call-1', run: 'r1', timestamp: 0 },
    ]
    const { transport, heard, prompt, server } = await rig([again, hello], { resume: true, transcript: async () => before })
    const session = { projectId: 'project', provider: 'aisdk' }
    expect(await transport.attach({ sessionId: 'session', run: 'r1', cursor: { epoch: 'r1/2', seq: 1 }, session })).toEqual({ outcome: 'live' })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(contents(heard.all, 'tool_result')).toEqual([{ output: 'gone', toolCallId: 'r1/1/call-1' }])
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'delta', id: 'r1/2/text-1', text: 'Done.', cursor: { epoch: 'r1/2', seq: 3 } }))
    await prompt('r2', 'next')
    await heard.end('r2')
    expect(sent(server.asked[1], 'messages')).toMatchObject([
      { id: 'u1' },
      { role: 'assistant', parts: [{ text: 'I must.' }, { toolCallId: 'call-1', state: 'output-available', output: 'gone' }, { type: 'step-start' }, { text: 'Done.' }] },
      { id: 'r2-prompt' },
    ])
  })

  it('goes on with what the app has kept of the chat, where nothing else tells it', async () => {
    const kept: UiMessage[] = [
      { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'where?' }] },
      { id: 'm1', role: 'assistant', parts: [{ type: 'text', text: 'Let' }] },
    ]
    const { transport, heard, server } = await rig([{ chunks: answer([...text(['Let me see.']), ...call('locate', {})]) }, hello], { resume: true, loadChat: async () => kept, onToolCall: () => 'here' })
    expect(await transport.attach({ sessionId: 'session', run: 'r1', session: { projectId: 'project', provider: 'aisdk' } })).toEqual({ outcome: 'live' })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(sent(server.asked[1], 'messages')).toMatchObject([kept[0], { role: 'assistant', parts: [{}, { text: 'Let me see.' }, { state: 'output-available', output: 'here' }] }])
  })

  it('F24 whose connection breaks is read again from its beginning, and nothing of it shows twice', async () => {
    const clock = createManualClock()
    const cut: Step = { chunks: chunks.slice(0, 5), after: 'cut' }
    const { server } = await rig(({ method }) => (method === 'GET' && server.asked.length > 1 ? { chunks } : cut))
    const store = createAgentStore({ transport: createAiSdkTransport({ api: server.api, resume: true, clock }) })
    const ended = new Promise<void>((resolve) => store.on('notification', () => resolve()))
    await store.start('project', { provider: 'aisdk', prompt: 'story' })
    // Broken, asked again, broken again, asked again after twice the time.
    for (const ms of [1_000, 2_000]) {
      while (clock.pending === 0) await new Promise(setImmediate)
      await clock.advance(ms)
    }
    await ended
    expect(server.asked.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
    expect(store.getSession('project')?.messages.map(({ role, content }) => [role, content])).toEqual([['user', 'story'], ['assistant', 'Once upon a time.'], ['tool-call', '{}'], ['tool-result', 'x']])
    await store.dispose()
  })

  it('F24 whose connection breaks after a question was answered does not ask again', async () => {
    const clock = createManualClock()
    const asking = [{ type: 'start' }, ...remove, asks()]
    const done: Step = { chunks: answer([{ type: 'tool-output-available', toolCallId: 'call-1', output: 'gone' }]) }
    const { start, heard, transport, server } = await rig([{ chunks: asking, after: 'cut' }, { chunks: [...asking, { type: 'finish' }] }, done], { resume: true, clock })
    await start('r1', 'go')
    await heard.until(isQuestion)
    await transport.respond({ sessionId: 'session', requestId: 'r1/1/permission-1', optionId: 'reject', text: 'no' })
    while (clock.pending === 0) await new Promise(setImmediate)
    await clock.advance(1_000)
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    expect(heard.all.filter(isQuestion)).toHaveLength(1)
    expect(JSON.stringify(server.asked[2]?.body)).toContain('"approved":false,"reason":"no"')
  })

  it('F24 whose connection breaks again and again ends in an error', async () => {
    const clock = createManualClock()
    const { start, heard, server } = await rig([{ chunks: chunks.slice(0, 5), after: 'cut' }], { resume: true, clock })
    await start('r1', 'story')
    for (const ms of [1_000, 2_000, 4_000]) {
      while (clock.pending === 0) await new Promise(setImmediate)
      await clock.advance(ms)
    }
    expect(await heard.end('r1')).toMatchObject({ status: 'error', error: expect.stringContaining('broke') })
    expect(server.asked).toHaveLength(4)
  })
})
