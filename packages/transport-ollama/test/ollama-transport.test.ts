import { createAgentStore, createMemoryStorage, type AgentEvent, type PermissionEvent, type SessionMessage } from '@agent-session/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createOllamaTransport, type OllamaTool } from '../src/index.ts'
import { closeRigs, rig } from './rig.ts'
import { reply, toolCall } from './scripted-server.ts'

afterEach(closeRigs)

const weather: OllamaTool = {
  name: 'get_weather',
  description: 'The weather in a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  run: (input) => ({ city: Reflect.get(Object(input), 'city'), sky: 'sunny' }),
}
const isQuestion = (event: AgentEvent): event is PermissionEvent => event.type === 'permission'
const messages = (events: readonly AgentEvent[], type: string): unknown[] =>
  events.flatMap((event) => (event.type === 'message' ? event.messages.filter((message) => message.type === type).map(({ content }) => content) : []))
const conversation = (request: unknown): unknown => Reflect.get(Object(request), 'messages')

describe('B26 a model of an Ollama server', () => {
  it('answers, thinks first, and says what it used and how long it took', async () => {
    const { start, heard, server } = await rig({ steps: [{ lines: reply([{ thinking: 'Hm, ' }, { thinking: 'yes.' }, 'Hel', 'lo.']) }] })
    expect(await start('r1', 'hi', { model: 'demo:1b', systemPrompt: 'Be brief.' })).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.all.filter(({ type }) => type === 'delta')).toEqual([
      expect.objectContaining({ kind: 'thinking', id: 'r1/thinking-1', text: 'Hm, ', offset: 0 }),
      expect.objectContaining({ kind: 'thinking', id: 'r1/thinking-1', text: 'yes.', offset: 4 }),
      expect.objectContaining({ kind: 'text', id: 'r1/text-2', text: 'Hel', offset: 0 }),
      expect.objectContaining({ kind: 'text', id: 'r1/text-2', text: 'lo.', offset: 3 }),
    ])
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'cost', scope: 'run', inputTokens: 100, outputTokens: 10, contextUsed: 110 }))
    expect(messages(heard.all, 'cost')).toEqual([{ totalMs: 2_000, loadMs: 500, promptMs: 250, answerMs: 1_000, tokensPerSecond: 10 }])
    expect(server.asked).toEqual([expect.objectContaining({ model: 'demo:1b', think: true, stream: true, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'hi' }] })])
  })

  it('gets the whole conversation with each prompt', async () => {
    const { start, prompt, heard, server } = await rig({ steps: [{ lines: reply([{ thinking: 'Hm.' }, 'One.']) }, { lines: reply(['Two.']) }] })
    await start('r1', 'first')
    await heard.end('r1')
    await prompt('r2', 'second')
    await heard.end('r2')
    expect(conversation(server.asked[1])).toEqual([
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'One.', thinking: 'Hm.' },
      { role: 'user', content: 'second' },
    ])
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('is the one that the start names, else the transport\'s, else the server\'s newest, and those to choose from are told', async () => {
    const models = [{ name: 'new:7b', model: 'new:7b' }, { name: 'demo:1b', model: 'demo:1b', details: { parameter_size: '1.0B', quantization_level: 'Q4_K_M' } }]
    const shown = { 'new:7b': {}, 'demo:1b': {} }
    const steps = [{ lines: reply(['Yes.'], { model: 'whatever' }).map((line) => ({ ...Object(line), model: 'new:7b' })) }]
    const newest = await rig({ steps, models, shown })
    await newest.start('r1', 'hi')
    await newest.heard.end('r1')
    expect(newest.server.asked).toEqual([expect.objectContaining({ model: 'new:7b' })])
    expect(newest.heard.all[0]).toMatchObject({ type: 'session', model: 'new:7b', models: [{ id: 'new:7b', label: 'new:7b' }, { id: 'demo:1b', label: 'demo:1b', description: '1.0B, Q4_K_M' }] })
    expect(newest.heard.all[0]).toMatchObject({ abilities: { images: false, resume: false } })
    const configured = await rig({ steps, models, shown }, { model: 'demo:1b' })
    await configured.start('r1', 'hi')
    expect(configured.heard.all[0]).toMatchObject({ model: 'demo:1b' })
    const named = await rig({ steps, models, shown }, { model: 'new:7b' })
    await named.start('r1', 'hi', { model: 'demo:1b' })
    expect(named.heard.all[0]).toMatchObject({ model: 'demo:1b' })
    expect(await named.transport.models()).toHaveLength(2)
  })

  it('is changed by configure, for the next request', async () => {
    const { start, prompt, heard, server, transport } = await rig({ steps: [{ lines: reply(['Yes.']) }], shown: { 'demo:1b': {}, 'other:3b': {} } })
    await start('r1', 'hi')
    await heard.end('r1')
    expect(await transport.configure({ sessionId: 'session', model: 'nope:1b' })).toMatchObject({ ok: false, code: 'agent-not-found' })
    expect(await transport.configure({ sessionId: 'session', model: 'other:3b' })).toEqual({ ok: true })
    expect(await transport.configure({ sessionId: 'session', mode: 'plan' })).toMatchObject({ ok: false, code: 'not-supported' })
    await prompt('r2', 'again')
    await heard.end('r2')
    expect(server.asked[1]).toMatchObject({ model: 'other:3b' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', model: 'other:3b' }))
  })

  it('that cannot think or use tools is asked for neither', async () => {
    const { start, heard, server } = await rig({ steps: [{ lines: reply(['Yes.']) }], shown: { 'demo:1b': { capabilities: ['completion'] } } }, { tools: [weather] })
    await start('r1', 'hi')
    await heard.end('r1')
    expect(server.asked[0]).not.toHaveProperty('think')
    expect(server.asked[0]).not.toHaveProperty('tools')
  })

  it('gets options, images and the words of files', async () => {
    const { start, heard, server } = await rig({ steps: [{ lines: reply(['Yes.']) }] }, { keepAlive: '10m', think: 'high', modelOptions: { num_ctx: 8_192 } })
    await start('r1', [{ type: 'text', text: 'Look' }, { type: 'image', mimeType: 'image/png', data: 'AAAA' }, { type: 'file', uri: 'file:///a.txt', name: 'a.txt', text: 'alpha' }])
    await heard.end('r1')
    expect(server.asked[0]).toMatchObject({ keep_alive: '10m', think: 'high', options: { num_ctx: 8_192 }, messages: [{ role: 'user', content: 'Look\na.txt:\nalpha', images: ['AAAA'] }] })
  })

  it('without eyes refuses images before it is asked', async () => {
    const { start, server } = await rig({ steps: [{ lines: reply(['Yes.']) }], shown: { 'demo:1b': { capabilities: ['completion'] } } })
    expect(await start('r1', [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }])).toMatchObject({ ok: false, code: 'not-supported', error: expect.stringContaining('takes no images') })
    expect(server.asked).toEqual([])
  })

  it('that stops because its answer grew too long says so', async () => {
    const { start, heard } = await rig({ steps: [{ lines: reply(['A long'], { done_reason: 'length' }) }] })
    await start('r1', 'hi')
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'length' })
  })
})

describe('tools', () => {
  it('run when the model asks for them, and their output goes back to it', async () => {
    const { start, heard, server } = await rig(
      { steps: [{ lines: reply(['Let me look.', toolCall('get_weather', { city: 'Paris' }, 'call_1'), toolCall('get_weather', { city: 'Rome' }, 'call_2')]) }, { lines: reply(['Sunny.']) }] },
      { tools: [weather] },
    )
    await start('r1', 'weather?')
    await heard.end('r1')
    expect(messages(heard.all, 'tool_call')).toEqual([
      { name: 'get_weather', input: { city: 'Paris' }, toolCallId: 'r1/call_1' },
      { name: 'get_weather', input: { city: 'Rome' }, toolCallId: 'r1/call_2' },
    ])
    expect(messages(heard.all, 'tool_result')).toEqual([
      { output: { city: 'Paris', sky: 'sunny' }, toolCallId: 'r1/call_1' },
      { output: { city: 'Rome', sky: 'sunny' }, toolCallId: 'r1/call_2' },
    ])
    expect(server.asked[0]).toMatchObject({ tools: [{ type: 'function', function: { name: 'get_weather' } }] })
    expect(conversation(server.asked[1])).toEqual([
      { role: 'user', content: 'weather?' },
      { role: 'assistant', content: 'Let me look.', tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Paris' } } }, { function: { name: 'get_weather', arguments: { city: 'Rome' } } }] },
      { role: 'tool', tool_name: 'get_weather', content: '{"city":"Paris","sky":"sunny"}' },
      { role: 'tool', tool_name: 'get_weather', content: '{"city":"Rome","sky":"sunny"}' },
    ])
    // The sum of both replies.
    expect(heard.all.findLast(({ type }) => type === 'cost')).toMatchObject({ inputTokens: 200, outputTokens: 20 })
  })

  it('that throw, give nothing that can be told, or are not there have failed, and the model hears why', async () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const tools: OllamaTool[] = [
      { ...weather, name: 'throws', run: () => Promise.reject(new Error('no wind')) },
      { ...weather, name: 'cycles', run: () => cycle },
      { ...weather, name: 'silent', run: () => undefined },
    ]
    const calls = ['throws', 'cycles', 'silent', 'no_such_tool'].map((name) => toolCall(name, {}))
    const { start, heard, server } = await rig({ steps: [{ lines: reply(calls) }, { lines: reply(['Oh.']) }] }, { tools })
    await start('r1', 'go')
    expect(await heard.end('r1')).toMatchObject({ status: 'done' })
    expect(messages(heard.all, 'tool_result')).toEqual([
      { output: 'no wind', toolCallId: 'r1/call-1', isError: true },
      { output: expect.stringContaining('circular'), toolCallId: 'r1/call-2', isError: true },
      { output: '', toolCallId: 'r1/call-3' },
      { output: 'There is no tool named "no_such_tool"', toolCallId: 'r1/call-4', isError: true },
    ])
    expect(conversation(server.asked[1])).toContainEqual({ role: 'tool', tool_name: 'throws', content: 'Error: no wind' })
  })

  it('are not run for ever', async () => {
    const steps = [{ lines: reply([toolCall('get_weather', { city: 'Paris' })]) }]
    const { start, prompt, heard, server } = await rig({ steps }, { tools: [weather] })
    await start('r1', 'go', { maxTurns: 3 })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'max_turns' })
    expect(server.asked).toHaveLength(3)
    await prompt('r2', 'on')
    expect(await heard.end('r2')).toMatchObject({ reason: 'max_turns' })
  })

  it('that ask run when they are allowed, with the arguments that the person wants', async () => {
    const ran: unknown[] = []
    const tool: OllamaTool = { ...weather, ask: true, run: (input) => void ran.push(input) }
    const { start, heard, transport } = await rig({ steps: [{ lines: reply([toolCall('get_weather', { city: 'Paris' }, 'call_1')]) }, { lines: reply(['Done.']) }] }, { tools: [tool] })
    await start('r1', 'go')
    const { request } = await heard.until(isQuestion)
    expect(request).toMatchObject({ id: 'r1/permission-1', title: 'Run get_weather?', toolCallId: 'r1/call_1', input: { city: 'Paris' } })
    const answer = (optionId: string, more = {}) => transport.respond({ sessionId: 'session', requestId: request.id, optionId, ...more })
    expect(await answer('maybe')).toMatchObject({ ok: false, code: 'permission-option-unknown' })
    expect(ran).toEqual([])
    expect(await answer('allow', { input: { city: 'Rome' } })).toEqual({ ok: true })
    expect(await answer('allow')).toMatchObject({ ok: false, code: 'permission-not-pending' })
    await heard.end('r1')
    expect(ran).toEqual([{ city: 'Rome' }])
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', requestId: request.id, outcome: 'selected', optionId: 'allow' }))
  })

  it('that are rejected do not run, and the model hears the reason; those that are allowed for good ask no more', async () => {
    let ran = 0
    const tool: OllamaTool = { ...weather, ask: (input) => Reflect.get(Object(input), 'city') !== 'Home', run: () => (ran += 1) }
    const call = (city: string) => ({ lines: reply([toolCall('get_weather', { city })]) })
    const { start, heard, transport, server } = await rig({ steps: [call('Home'), call('Paris'), call('Rome'), call('Oslo'), { lines: reply(['Done.']) }] }, { tools: [tool] })
    await start('r1', 'go')
    const nth = async (n: number): Promise<string> => (await heard.until((event): event is PermissionEvent => isQuestion(event) && event.request.id === `r1/permission-${n}`)).request.id
    await transport.respond({ sessionId: 'session', requestId: await nth(1), optionId: 'reject', text: 'not there' })
    await transport.respond({ sessionId: 'session', requestId: await nth(2), optionId: 'allow-always' })
    await heard.end('r1')
    expect(ran).toBe(3)
    expect(heard.all.filter(isQuestion)).toHaveLength(2)
    expect(conversation(server.asked.at(-1))).toContainEqual({ role: 'tool', tool_name: 'get_weather', content: 'Error: The user did not allow this: not there' })
  })
})

describe('a stop', () => {
  it('in the middle of a text keeps what was said, also for the model', async () => {
    const { start, stop, prompt, heard, server } = await rig({ steps: [{ lines: reply(['Once upon ']).slice(0, 1), after: 'hang' }, { lines: reply(['Yes.']) }] })
    await start('r1', 'story')
    await heard.until(({ type }) => type === 'delta')
    expect(await stop('r1')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'message-end', id: 'r1/text-1', cut: true }))
    expect(await prompt('r2', 'go on')).toEqual({ ok: true })
    await heard.end('r2')
    expect(conversation(server.asked[1])).toEqual([{ role: 'user', content: 'story' }, { role: 'assistant', content: 'Once upon ' }, { role: 'user', content: 'go on' }])
    expect(server.abandoned).toBe(1)
  })

  it('before the first word ends the request', async () => {
    const { start, stop, heard } = await rig({ steps: [{ after: 'hang' }] })
    await start('r1', 'story')
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
  })

  it('in a tool that does not listen does not wait for it, and each call has an answer in the conversation', async () => {
    let began = (_signal: AbortSignal): void => {}
    const running = new Promise<AbortSignal>((resolve) => (began = resolve))
    const tool: OllamaTool = { ...weather, run: (_input, { signal }) => new Promise(() => began(signal)) }
    const { start, stop, prompt, heard, server } = await rig(
      { steps: [{ lines: reply([toolCall('get_weather', {}), toolCall('get_weather', {})]) }, { lines: reply(['Yes.']) }] },
      { tools: [tool] },
    )
    await start('r1', 'go')
    const signal = await running
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
    expect(signal.aborted).toBe(true)
    await prompt('r2', 'on')
    await heard.end('r2')
    expect(conversation(server.asked[1])).toEqual([
      { role: 'user', content: 'go' },
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_name: 'get_weather', content: 'Error: Stopped' },
      { role: 'tool', tool_name: 'get_weather', content: 'Error: Stopped' },
      { role: 'user', content: 'on' },
    ])
  })

  it('cancels the question, and the tool never runs', async () => {
    let ran = 0
    const tool: OllamaTool = { ...weather, ask: true, run: () => (ran += 1) }
    const { start, stop, heard, transport } = await rig({ steps: [{ lines: reply([toolCall('get_weather', {})]) }] }, { tools: [tool] })
    await start('r1', 'go')
    const { request } = await heard.until(isQuestion)
    await stop('r1')
    await heard.end('r1')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' }))
    expect(await transport.respond({ sessionId: 'session', requestId: request.id, optionId: 'allow' })).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(ran).toBe(0)
  })

  it('of a model that floods is heard in the middle of it', async () => {
    const { start, stop, heard } = await rig({ steps: [{ after: 'flood' }] })
    await start('r1', 'go')
    await heard.until((event) => event.type === 'delta' && (event.offset ?? 0) > 5_000)
    await stop('r1')
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
    const before = heard.all.length
    await new Promise(setImmediate)
    expect(heard.all.length).toBe(before)
  })
})

describe('what goes wrong', () => {
  it('no server: the start is refused with what to do', async () => {
    const { server, start } = await rig({ steps: [] })
    await server.close()
    const nobody = await start('r1', 'hi')
    expect(nobody).toEqual({ ok: false, code: 'agent-not-found', error: `No Ollama server answers at ${server.host}. Start it (ollama serve; from https://ollama.com/download where it is not installed), or correct \`host\`` })
    await expect(createOllamaTransport({ host: server.host }).models()).rejects.toMatchObject({ code: 'agent-not-found' })
  })

  it('no such model, or none at all: the start is refused with what to pull', async () => {
    const { start, server } = await rig({ steps: [] })
    expect(await start('r1', 'hi', { model: 'nope:1b' })).toEqual({ ok: false, code: 'agent-not-found', error: `The Ollama server at ${server.host} has no model "nope:1b". Get it: ollama pull nope:1b` })
    const empty = await rig({ steps: [], models: [] })
    expect(await empty.start('r1', 'hi')).toMatchObject({ ok: false, code: 'agent-not-found', error: expect.stringContaining('ollama pull') })
  })

  it.each([
    ['an error of the model', { fails: { status: 500, body: '{"error":"llama runner process has terminated: exit status 2"}' } }, /refused: llama runner process has terminated/, ''],
    ['an error that is no JSON', { fails: { status: 502, body: '<h1>Bad gateway</h1>', type: 'text/html' } }, /refused: <h1>Bad gateway<\/h1>/, ''],
    ['a log in', { fails: { status: 401, body: '{"error":"unauthorized"}' } }, /wants you to log in: unauthorized.*ollama signin/, ''],
    ['a server that hangs up', { hangsUp: true as const }, /connection to the Ollama server .* broke/, ''],
    ['a connection that breaks in the middle', { lines: reply(['This will never be']).slice(0, 1), after: 'cut' as const }, /connection to the Ollama server .* broke/, 'This will never be'],
    ['an error in the middle', { lines: [...reply(['Part of']).slice(0, 1), { error: 'unexpected EOF' }] }, /failed: unexpected EOF/, 'Part of'],
    ['an answer that ends too soon', { lines: reply(['Part of']).slice(0, 1) }, /ended its answer before it was whole/, 'Part of'],
    ['a line that is no JSON', { lines: [...reply(['Part of']).slice(0, 1), 'Segmentation fault\n'] }, /sent a line that is no JSON object: "Segmentation fault"/, 'Part of'],
    ['a line that is no object', { lines: ['null\n'] }, /sent a line that is no JSON object: "null"/, ''],
    ['a line without an end', { lines: ['x'.repeat(3_000)] }, /sent a line of more than 1000 bytes/, ''],
  ])('%s: the run ends in an error with its words, and the next prompt goes on', async (_what, step, words, said) => {
    const { start, prompt, heard } = await rig({ steps: [step, { lines: reply(['Yes.']) }] }, { mostLineBytes: 1_000 })
    expect(await start('r1', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'error', error: expect.stringMatching(words) })
    expect(heard.said('r1')).toBe(said)
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ status: 'done' })
  })

  it('keys that would reach a prototype never come to a tool', async () => {
    const inputs: unknown[] = []
    const line = '{"model":"demo:1b","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"get_weather","arguments":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"city":"Paris"}}}]},"done":false}\n'
    const { start, heard } = await rig({ steps: [{ lines: [line, ...reply([])] }, { lines: reply(['Yes.']) }] }, { tools: [{ ...weather, run: (input) => void inputs.push(input) }] })
    await start('r1', 'go')
    await heard.end('r1')
    expect(inputs.map((input) => JSON.stringify(input))).toEqual(['{"city":"Paris"}'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it('a second prompt while the first is answered is refused', async () => {
    const { start, prompt } = await rig({ steps: [{ after: 'hang' }] })
    await start('r1', 'one')
    expect(await prompt('r2', 'two')).toMatchObject({ ok: false, code: 'session-running' })
  })

  it('a close ends what runs and tells nothing of it', async () => {
    const { start, heard, transport, server } = await rig({ steps: [{ lines: reply(['Once']).slice(0, 1), after: 'hang' }] })
    await start('r1', 'one')
    await heard.until(({ type }) => type === 'delta')
    const before = heard.all.length
    await transport.close()
    while (server.abandoned === 0) await new Promise(setImmediate)
    expect(heard.all.length).toBe(before)
    expect(await start('r2', 'two')).toMatchObject({ ok: false, code: 'disconnected' })
  })
})

describe('T12 a session that the transport no longer knows', () => {
  const said = (role: SessionMessage['role'], content: string, more: Partial<SessionMessage> = {}): SessionMessage => ({ id: `${role}-${content}`, seqId: 1, role, content, timestamp: 0, ...more })

  it('goes on with what was said, where the host can tell it', async () => {
    const before = [
      said('system', 'Session initialized'),
      said('user', 'weather?'),
      said('thinking', 'Hm.'),
      said('tool-call', 'call', { toolName: 'get_weather', toolInput: '{"city":"Paris"}', toolCallId: 'c1' }),
      said('tool-result', 'sunny', { toolCallId: 'c1' }),
      said('assistant', 'It is sunny.'),
      said('tool-call', 'call', { toolName: 'get_weather', toolInput: '{"city":"Pa', toolCallId: 'c2' }),
      said('user', 'never sent', { delivery: 'failed' }),
      said('user', 'and now?', { id: 'r9-prompt' }),
    ]
    const { prompt, heard, server } = await rig({ steps: [{ lines: reply(['Still.']) }] }, { transcript: async () => before })
    expect(await prompt('r9', 'and now?', { model: 'demo:1b', systemPrompt: 'Be brief.' })).toEqual({ ok: true })
    await heard.end('r9')
    expect(conversation(server.asked[0])).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'weather?' },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Paris' } } }] },
      { role: 'tool', tool_name: 'get_weather', content: 'sunny' },
      { role: 'assistant', content: 'It is sunny.' },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'get_weather', arguments: {} } }] },
      { role: 'tool', tool_name: 'get_weather', content: 'It was stopped before it gave anything.' },
      { role: 'user', content: 'and now?' },
    ])
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('says that the model remembers nothing, where nobody can', async () => {
    const { prompt, heard } = await rig({ steps: [{ lines: reply(['What?']) }] })
    await prompt('r9', 'and now?')
    await heard.end('r9')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', restarted: true }))
  })

  it('is refused where what was said cannot be read', async () => {
    const { prompt } = await rig({ steps: [{ lines: reply(['What?']) }] }, { transcript: () => Promise.reject(new Error('the disk is gone')) })
    expect(await prompt('r9', 'and now?')).toMatchObject({ ok: false, code: 'storage-failed', error: expect.stringContaining('the disk is gone') })
  })

  it('goes on in a new store on the same storage', async () => {
    const storage = createMemoryStorage()
    const { server } = await rig({ steps: [{ lines: reply(['One.']) }, { lines: reply(['Two.']) }] })
    const open = () => {
      const transport = createOllamaTransport({ host: server.host, transcript: (id) => storage.loadMessages(id) })
      return createAgentStore({ transport, storage: { ...storage, close: async () => {} } })
    }
    const ended = (store: ReturnType<typeof open>): Promise<void> => new Promise((resolve) => store.on('notification', () => resolve()))
    const first = open()
    let end = ended(first)
    await first.start('project', { provider: 'ollama', prompt: 'first' })
    await end
    await first.dispose()
    const second = open()
    await second.restore('project')
    end = ended(second)
    expect(await second.prompt('project', 'second')).toMatchObject({ ok: true })
    await end
    expect(conversation(server.asked[1])).toEqual([{ role: 'user', content: 'first' }, { role: 'assistant', content: 'One.' }, { role: 'user', content: 'second' }])
    expect(second.getSession('project')?.messages.map(({ seqId, role, content }) => [seqId, role, content])).toEqual([
      [1, 'user', 'first'],
      [2, 'assistant', 'One.'],
      [3, 'user', 'second'],
      [4, 'assistant', 'Two.'],
    ])
    await second.dispose()
  })
})
