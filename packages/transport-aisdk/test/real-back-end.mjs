// Chat back ends as people write them, made with the AI SDK's own server functions over a model that follows a script,
// on a real HTTP server. They take the SDK as an argument: the tests give them the one that is installed, the recorder
// older ones too.

import { createServer } from 'node:http'

/** One answer of the model, as a provider streams it: the words and calls of one step. */
const say = (words, id = 't1') => [{ type: 'text-start', id }, ...words.map((delta) => ({ type: 'text-delta', id, delta })), { type: 'text-end', id }]
const think = (words, id = 'r1') => [
  { type: 'reasoning-start', id },
  ...words.map((delta) => ({ type: 'reasoning-delta', id, delta })),
  { type: 'reasoning-end', id, providerMetadata: { mock: { signature: 'sig-1' } } },
]
const use = (toolName, input, toolCallId = 'call_1', more = {}) => [
  { type: 'tool-input-start', id: toolCallId, toolName, ...more },
  { type: 'tool-input-delta', id: toolCallId, delta: JSON.stringify(input) },
  { type: 'tool-input-end', id: toolCallId },
  { type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input), ...more },
]

/** What the model says, by the number of its call since the server began. */
const scripts = {
  text: [[...think(['The person ', 'greets.']), ...say(['Hello', ' there', '.'])]],
  tool: [[...say(['Let me look.']), ...use('getWeather', { city: 'Paris' })], say(['It is sunny ', 'in Paris.'])],
  'two-tools': [[...use('getWeather', { city: 'Paris' }, 'call_1'), ...use('getWeather', { city: 'Rome' }, 'call_2')], say(['Sunny in both.'])],
  'tool-error': [use('getWeather', { city: 'Atlantis' }), say(['I could not find it.'])],
  'tool-invalid': [use('getWether', { city: 'Paris' }), say(['There is no such tool.'])],
  'tool-progress': [use('longTask', { steps: 3 }), say(['All done.'])],
  'client-tool': [use('getLocation', {}), say(['You are in Paris.'])],
  'dynamic-tool': [use('anything', { x: 1 }), say(['Done.'])],
  'provider-tool': [
    [
      ...use('web_search', { query: 'AI SDK' }, 'srv_1', { providerExecuted: true }),
      { type: 'tool-result', toolCallId: 'srv_1', toolName: 'web_search', result: [{ title: 'AI SDK', url: 'https://ai-sdk.dev' }], providerExecuted: true },
      ...say(['Found it.']),
    ],
  ],
  approval: [[...say(['I need to delete it.']), ...use('deleteFile', { path: 'a.txt' })], say(['As you wish.'])],
  'two-approvals': [[...use('deleteFile', { path: 'a.txt' }, 'call_1'), ...use('deleteFile', { path: 'b.txt' }, 'call_2')], say(['As you wish.'])],
  'automatic-approval': [use('deleteFile', { path: 'a.txt' }), say(['It is gone.'])],
  sources: [
    [
      ...say(['According to ']),
      { type: 'source', sourceType: 'url', id: 's1', url: 'https://example.com/a', title: 'A' },
      { type: 'source', sourceType: 'document', id: 's2', mediaType: 'application/pdf', title: 'Report', filename: 'report.pdf' },
      { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
      ...say(['the report.'], 't2'),
    ],
  ],
  data: [say(['Here is the weather.'])],
  merged: [say(['One.']), say(['Two.'])],
  custom: [say(['First try'], 't1'), say(['Second try.'], 't2')],
  'error-mid': [[...say(['This is ']).slice(0, 2), { type: 'error', error: new Error('overloaded_error') }]],
  'error-first': [[{ type: 'error', error: new Error('invalid api key') }]],
  'server-abort': [[...say(['Once upon a time']).slice(0, 2), { hang: true }]],
  cut: [[...say(['This will never be']).slice(0, 2), { hang: true }]],
  stop: [[...say(['Once upon a time']).slice(0, 2), { hang: true }]],
  length: [[...say(['A long sto']), { finish: 'length' }]],
  'multi-turn': [say(['One.']), say(['Two.'])],
}

const finish = (version, reason) =>
  version === 5
    ? { type: 'finish', finishReason: reason, usage: { inputTokens: 120, outputTokens: 12, totalTokens: 132, cachedInputTokens: 100 } }
    : {
        type: 'finish',
        finishReason: { unified: reason, raw: reason },
        usage: { inputTokens: { total: 120, noCache: 20, cacheRead: 100, cacheWrite: 0 }, outputTokens: { total: 12, text: 12, reasoning: 0 } },
      }

/** The parts of one step as a stream that a provider would give; it ends by its signal where it hangs. */
function modelStream(version, parts, signal) {
  const last = parts.findLast((part) => part.finish !== undefined)?.finish
  const reason = last ?? (parts.some(({ type, providerExecuted }) => type === 'tool-call' && !providerExecuted) ? 'tool-calls' : 'stop')
  const hangs = parts.some(({ hang }) => hang)
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      for (const part of parts) if (part.type !== undefined) controller.enqueue(part.type === 'file' && version === 7 ? { ...part, data: { type: 'data', data: part.data } } : part)
      if (!hangs) {
        controller.enqueue(finish(version, reason))
        return controller.close()
      }
      signal?.addEventListener('abort', () => controller.error(signal.reason))
    },
  })
}

/** `sdk`: `{ ai, test }`, the SDK's two entries. `page`: what is at every other address. */
export async function serveBackEnd({ ai, test }, scenario, page = '') {
  const version = test.MockLanguageModelV4 ? 7 : test.MockLanguageModelV3 ? 6 : 5
  const Model = test.MockLanguageModelV4 ?? test.MockLanguageModelV3 ?? test.MockLanguageModelV2
  let calls = 0
  const model = new Model({
    doStream: async ({ abortSignal }) => ({ stream: modelStream(version, scripts[scenario][Math.min(calls++, scripts[scenario].length - 1)], abortSignal) }),
  })
  const inputSchema = ai.jsonSchema({ type: 'object', properties: { city: { type: 'string' }, path: { type: 'string' }, steps: { type: 'number' } } })
  const approval = scenario.includes('approval') ? (scenario === 'automatic-approval' ? 'approved' : 'user-approval') : undefined
  const tools = {
    getWeather: ai.tool({
      description: 'The weather in a city',
      inputSchema,
      execute: async ({ city }) => {
        if (city === 'Atlantis') throw new Error('no such city: Atlantis')
        return { city, sky: 'sunny' }
      },
    }),
    longTask: ai.tool({
      inputSchema,
      async *execute() {
        for (const words of ['step 1', 'step 1, step 2', 'step 1, step 2, step 3']) yield words
      },
    }),
    getLocation: ai.tool({ inputSchema }),
    web_search: ai.tool({ inputSchema }),
    anything: ai.dynamicTool({ description: 'Anything', inputSchema, execute: async () => ({ y: 2 }) }),
    deleteFile: ai.tool({ inputSchema, ...(version === 6 && approval === 'user-approval' && { needsApproval: true }), execute: async ({ path }) => `${path} deleted` }),
  }

  const asked = []
  const responses = new Set()
  let left = 0
  const stream = async (messages, abortSignal, more = {}) => {
    const result = ai.streamText({
      model,
      messages: await ai.convertToModelMessages(messages, { tools }),
      tools,
      abortSignal,
      maxRetries: 0,
      onError: () => {},
      stopWhen: ai.stepCountIs(5),
      ...(version === 7 && approval && { toolApproval: { deleteFile: approval } }),
    })
    const options = {
      originalMessages: messages,
      generateMessageId: () => `msg-${asked.length}`,
      sendSources: true,
      sendReasoning: true,
      onError: (error) => `The model failed: ${error instanceof Error ? error.message : String(error)}`,
      messageMetadata: ({ part }) => (part.type === 'start' ? { model: 'mock-model' } : part.type === 'finish' ? { totalUsage: part.totalUsage } : undefined),
      ...more,
    }
    return version === 7 ? ai.toUIMessageStream({ stream: result.stream, tools, ...options }) : result.toUIMessageStream(options)
  }

  const written = (messages, signal) =>
    ai.createUIMessageStream({
      originalMessages: messages,
      execute: async ({ writer }) => {
        if (scenario === 'data') {
          writer.write({ type: 'data-weather', id: 'w1', data: { city: 'Paris', status: 'loading' } })
          writer.write({ type: 'data-notification', data: { message: 'Looking it up' }, transient: true })
        }
        writer.merge(await stream(messages, signal, scenario === 'merged' ? { sendFinish: false } : {}))
        if (scenario === 'data') writer.write({ type: 'data-weather', id: 'w1', data: { city: 'Paris', status: 'sunny' } })
        if (scenario === 'merged') writer.merge(await stream(messages, signal, { sendStart: false }))
        if (scenario !== 'custom') return
        // What only the newest version has: kinds that older clients do not know.
        writer.write({ type: 'start-step' })
        for (const chunk of [...say(['A wrong'], 'w1').slice(0, 2), { type: 'tool-input-start', toolCallId: 'call_w', toolName: 'getWeather' }]) writer.write(chunk)
        writer.write({ type: 'reset-step' })
        for (const chunk of say(['The right answer.'], 'w1')) writer.write(chunk)
        writer.write({ type: 'custom', kind: 'mock.compaction', providerMetadata: { mock: { id: 'c1' } } })
        writer.write({ type: 'finish-step' })
      },
      onError: (error) => `The back end failed: ${String(error)}`,
    })

  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    void (async () => {
      let text = ''
      for await (const chunk of request) text += chunk
      const body = JSON.parse(text)
      asked.push(body)
      responses.add(response)
      const gone = new AbortController()
      response.on('close', () => {
        if (!response.writableEnded) left += 1
        gone.abort()
      })
      const { signal } = gone
      const isWritten = ['data', 'merged', 'custom'].includes(scenario)
      const own = new AbortController()
      const chunks = isWritten ? written(body.messages, signal) : await stream(body.messages, scenario === 'server-abort' ? own.signal : signal)
      const [seen, sent] = chunks.tee()
      ai.pipeUIMessageStreamToResponse({ response, stream: sent })
      // The model's work is given up once the first word was sent.
      for await (const { type } of seen) {
        if (type !== 'text-delta') continue
        if (scenario === 'server-abort') own.abort()
      }
    })().catch((error) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: String(error) }))
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    api: `http://127.0.0.1:${server.address().port}/api/chat`,
    asked,
    get left() {
      return left
    },
    hangUp: () => responses.forEach((response) => response.destroy()),
    /** The conversations as the model got them. */
    prompts: () => model.doStreamCalls.map(({ prompt }) => prompt),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
