import { type AgentStore, createAgentStore, createMemoryStorage } from '@agent-session/core'
import * as ai from 'ai'
import * as test from 'ai/test'
import { afterEach, describe, expect, it } from 'vitest'
import { createAiSdkTransport, type AiSdkTransportOptions } from '../src/index.ts'
import { isToolPart, type UiMessage } from '../src/fold/ui-message.ts'
import { type BackEnd, serveBackEnd } from './real-back-end.mjs'

// The back ends are those that the recordings were made of, with the SDK that is installed, over real HTTP.

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
})

interface Running {
  readonly backEnd: BackEnd
  readonly storage: ReturnType<typeof createMemoryStorage>
  /** A store on a transport to the back end; another one is as after a restart of the app. */
  store(): AgentStore
}

async function running(scenario: string, options: AiSdkTransportOptions = {}): Promise<Running> {
  const backEnd = await serveBackEnd({ ai, test }, scenario)
  const storage = createMemoryStorage()
  open.push(backEnd)
  const store = (): AgentStore => {
    const transport = createAiSdkTransport({ api: backEnd.api, transcript: (id) => storage.loadMessages(id), ...options })
    const made = createAgentStore({ transport, storage: { ...storage, close: async () => {} } })
    open.unshift({ close: () => made.dispose() })
    return made
  }
  return { backEnd, storage, store }
}

const ended = (store: AgentStore): Promise<void> => new Promise((resolve) => store.on('notification', () => resolve()))
const talk = (store: AgentStore): unknown[] => store.getSession('project')?.messages.map(({ role, content }) => `${role}: ${content}`) ?? []

async function run(store: AgentStore, prompt = 'Hello'): Promise<void> {
  const end = ended(store)
  expect(await store.start('project', { provider: 'aisdk', prompt })).toMatchObject({ ok: true })
  await end
}

/** What was asked is what the SDK itself takes. */
async function expectValid({ asked }: BackEnd): Promise<void> {
  for (const body of asked) await ai.validateUIMessages({ messages: Reflect.get(Object(body), 'messages') })
}

describe('a back end made with the AI SDK', () => {
  const scenarios = ['text', 'tool', 'two-tools', 'tool-error', 'tool-invalid', 'tool-progress', 'client-tool', 'dynamic-tool', 'provider-tool', 'approval', 'two-approvals', 'automatic-approval', 'sources', 'data', 'merged', 'custom', 'error-mid', 'server-abort', 'stop']
  const ways = scenarios.flatMap((scenario) => (scenario.includes('approval') ? ['allow', 'reject', 'stop'] : ['allow']).map((way) => [scenario, way] as const))

  it.each(ways)('takes back all that it sent (%s, %s), with each call answered', async (scenario, way) => {
    const { backEnd, store } = await running(scenario, { onToolCall: () => ({ city: 'Paris' }) })
    const first = store()
    first.on('change', () => {
      const session = first.getSession('project')
      const question = session?.permissions.find(({ state }) => state === 'pending')
      if (question && way !== 'stop') void session?.respond(question.id, { optionId: way })
      if ((question && way === 'stop') || (scenario === 'stop' && session?.lastMessage?.role === 'assistant')) void session?.stop()
    })
    await run(first)
    const before = backEnd.asked.length
    const end = ended(first)
    expect(await first.prompt('project', 'Again')).toMatchObject({ ok: true })
    await end
    await expectValid(backEnd)
    const said: unknown = Reflect.get(Object(backEnd.asked[before]), 'messages')
    const parts = Array.isArray(said) ? said.flatMap((message: UiMessage) => message.parts) : []
    expect(parts.filter(isToolPart).filter(({ state }) => !['output-available', 'output-error', 'output-denied'].includes(state))).toEqual([])
  })

  it('streams thoughts and words, and says what it used', async () => {
    const { backEnd, store } = await running('text')
    const first = store()
    await run(first)
    expect(talk(first)).toEqual(['user: Hello', 'thinking: The person greets.', 'assistant: Hello there.'])
    expect(first.getSession('project')).toMatchObject({ status: 'done', endReason: 'completed', model: 'mock-model', inputTokens: 120, outputTokens: 12 })
    await expectValid(backEnd)
  })

  it('has each answer of ours again with the next prompt: what was thought with its signature, calls with their outputs', async () => {
    const { backEnd, store } = await running('text')
    const first = store()
    await run(first)
    const end = ended(first)
    await first.prompt('project', 'Again')
    await end
    expect(backEnd.prompts()[1]).toMatchObject([
      { role: 'user', content: [{ text: 'Hello' }] },
      { role: 'assistant', content: [{ type: 'reasoning', text: 'The person greets.', providerOptions: { mock: { signature: 'sig-1' } } }, { type: 'text', text: 'Hello there.' }] },
      { role: 'user', content: [{ text: 'Again' }] },
    ])
    await expectValid(backEnd)
  })

  it('asks before it runs a tool, and hears a yes', async () => {
    const { backEnd, store } = await running('approval')
    const first = store()
    first.on('change', () => {
      const session = first.getSession('project')
      const question = session?.permissions.find(({ state }) => state === 'pending')
      if (session && question) void session.respond(question.id, { optionId: 'allow' })
    })
    await run(first)
    expect(talk(first)).toEqual(['user: Hello', 'assistant: I need to delete it.', expect.stringMatching(/^tool-call/), 'tool-result: a.txt deleted', 'assistant: As you wish.'])
    expect(backEnd.asked).toHaveLength(2)
    await expectValid(backEnd)
  })

  it('leaves a tool to this side', async () => {
    const { backEnd, store } = await running('client-tool', { onToolCall: () => ({ city: 'Paris' }) })
    const first = store()
    await run(first)
    expect(talk(first)).toEqual(['user: Hello', expect.stringMatching(/^tool-call/), 'tool-result: {"city":"Paris"}', 'assistant: You are in Paris.'])
    expect(JSON.stringify(backEnd.prompts()[1])).toContain('"output":{"type":"json","value":{"city":"Paris"}}')
    await expectValid(backEnd)
  })

  it('is told what was said after a restart of the app', async () => {
    const { backEnd, store } = await running('tool')
    const first = store()
    await run(first, 'Weather?')
    await first.dispose()
    const second = store()
    await second.restore('project')
    const end = ended(second)
    expect(await second.prompt('project', 'And now?')).toMatchObject({ ok: true })
    await end
    expect(backEnd.prompts().at(-1)).toMatchObject([
      { role: 'user', content: [{ text: 'Weather?' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Let me look.' }, { type: 'tool-call', toolCallId: 'call_1', toolName: 'getWeather', input: { city: 'Paris' } }] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'call_1', output: { type: 'json', value: { city: 'Paris', sky: 'sunny' } } }] },
      { role: 'assistant', content: [{ type: 'text', text: 'It is sunny in Paris.' }] },
      { role: 'user', content: [{ text: 'And now?' }] },
    ])
    expect(second.getSession('project')?.continuity).toBeUndefined()
    await expectValid(backEnd)
  })

  it('that was stopped in its middle goes on at the next prompt, with what was said', async () => {
    const { backEnd, store } = await running('stop')
    const first = store()
    const spoke = new Promise<void>((resolve) => first.on('change', () => first.getSession('project')?.lastMessage?.role === 'assistant' && resolve()))
    await first.start('project', { provider: 'aisdk', prompt: 'Story' })
    await spoke
    await first.stop('project')
    expect(first.getSession('project')).toMatchObject({ status: 'done', endReason: 'stopped' })
    void first.prompt('project', 'Go on')
    while (backEnd.asked.length < 2) await new Promise(setImmediate)
    expect(Reflect.get(Object(backEnd.asked[1]), 'messages')).toMatchObject([{ role: 'user' }, { role: 'assistant', parts: [{ type: 'step-start' }, { type: 'text', text: 'Once upon a time', state: 'done' }] }, { role: 'user' }])
    await expectValid(backEnd)
  })

  it.each([
    ['error-mid', 'The model failed: overloaded_error', ['user: Hello', 'assistant: This is ']],
    ['error-first', 'The model failed: invalid api key', ['user: Hello']],
  ])('fails (%s) in its own words, which are no answer', async (scenario, words, said) => {
    const { store } = await running(scenario)
    const first = store()
    await run(first)
    expect(first.getSession('project')).toMatchObject({ status: 'error', error: words })
    expect(talk(first)).toEqual(said)
  })
})
