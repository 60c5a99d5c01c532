import { jsonLines, messageLines } from '@agent-session/agent-process'
import { brokenRules, checkStream, playStream } from '@agent-session/core/conformance'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPeerRig, type Peer } from './peer-agent.ts'
import { recorded } from './recorded-fold.ts'
import { readStream } from './recorded-stream.ts'

const session = 'agent-session-0123456789'
const short = fc.constantFrom('a', 'b', 'call_1', 'message-0123456789', '', '__proto__', 'constructor')
const words = fc.constantFrom('', 'one', 'two\n', 'the prompt', '🦉')
const block = fc.oneof(
  words.map((text) => ({ type: 'text', text })),
  fc.constantFrom({ type: 'image' }, { type: 'hologram' }, { type: 'resource_link', uri: 'file:///a' }),
)
const toolContent = fc.oneof(
  block.map((content) => ({ type: 'content', content })),
  words.map((newText) => ({ type: 'diff', path: 'a.txt', oldText: 'a', newText })),
  short.map((terminalId) => ({ type: 'terminal', terminalId })),
)
const state = fc.oneof(fc.constantFrom('running', 'idle', 'requires_action').map((name) => ({ state: name })), fc.constantFrom('end_turn', 'error', 'cancelled').map((stopReason) => ({ state: 'idle', stopReason })))
const parent = fc.option(short, { nil: undefined }).map((parentToolUseId) => (parentToolUseId === undefined ? {} : { _meta: { claudeCode: { parentToolUseId } } }))
const toolFields = fc.record(
  {
    toolCallId: short,
    title: words,
    kind: fc.constantFrom('read', 'execute', 'odd'),
    status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed'),
    content: fc.array(toolContent, { maxLength: 2 }),
    rawInput: fc.jsonValue({ maxDepth: 1 }),
    rawOutput: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: ['toolCallId'] },
)
const of = (...kinds: string[]) => fc.constantFrom(...kinds).map((sessionUpdate) => ({ sessionUpdate }))
const joined = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> => fc.tuple(...parts).map((all) => Object.assign({}, ...all))

/** All that either version of the protocol tells, with few ids, so that they meet. */
const update = fc.oneof(
  joined(of('agent_message_chunk', 'agent_thought_chunk', 'user_message_chunk'), fc.record({ content: block, messageId: short }, { requiredKeys: ['content'] }), parent),
  joined(of('agent_message', 'agent_thought', 'user_message'), fc.record({ messageId: short, content: fc.array(block, { maxLength: 2 }) }, { requiredKeys: ['messageId'] }), parent),
  joined(of('tool_call', 'tool_call_update'), toolFields, parent),
  joined(of('tool_call_content_chunk'), fc.record({ toolCallId: short, content: toolContent })),
  joined(of('terminal_output_chunk'), fc.record({ terminalId: short, data: fc.constantFrom('b25l', '8J+m', 'iQ==', '§') })),
  joined(of('terminal_update'), fc.record({ terminalId: short, output: fc.constantFrom({ data: 'b25l' }, { data: '' }, null) })),
  joined(of('subagent_update'), fc.record({ sessionId: short, title: words, state }, { requiredKeys: ['sessionId'] })),
  joined(of('session_message'), fc.record({ messageId: short, senderSessionId: short, content: fc.array(block, { maxLength: 1 }) })),
  joined(of('plan_update'), fc.record({ plan: fc.record({ planId: short, type: fc.constantFrom('items', 'markdown', 'file'), entries: fc.constant([{ content: 'x', status: 'odd' }]), content: words, uri: words }) })),
  joined(of('plan_removed'), fc.record({ planId: short })),
  joined(of('state_update'), state),
  joined(of('usage_update', 'current_mode_update', 'config_option_update', 'session_info_update', 'notice', 'quantum_update'), fc.record({ used: fc.integer(), size: fc.integer(), currentModeId: words, configOptions: fc.jsonValue({ maxDepth: 2 }), title: words }, { requiredKeys: [] })),
)
const notification = fc.tuple(fc.constantFrom(session, session, session, 'a', 'b'), update).map(([sessionId, told]) => ({ method: 'session/update', params: { sessionId, update: told } }))
const options = [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }]
const request = fc.oneof(
  fc.tuple(short, toolFields).map(([id, toolCall]) => ({ id: `ask-${id}`, method: 'session/request_permission', params: { sessionId: session, toolCall, options } })),
  fc.tuple(short, fc.jsonValue({ maxDepth: 3 })).map(([id, requestedSchema]) => ({ id: `form-${id}`, method: 'elicitation/create', params: { sessionId: session, mode: 'form', message: 'Which?', requestedSchema } })),
)
const message = fc.oneof({ weight: 6, arbitrary: notification }, { weight: 1, arbitrary: request })

/** A whole conversation of one turn, with anything in it. */
const stream = fc.tuple(fc.constantFrom(1, 2), fc.array(message, { maxLength: 25 }), fc.boolean()).map(([protocolVersion, messages, ends]) => [
  { dir: 'in', msg: { id: 0, method: 'initialize', params: {} } },
  { dir: 'out', msg: { id: 0, result: { protocolVersion } } },
  { dir: 'in', msg: { id: 1, method: 'session/new', params: {} } },
  { dir: 'out', msg: { id: 1, result: { sessionId: session } } },
  { dir: 'in', msg: { id: 2, method: 'session/prompt', params: { sessionId: session, prompt: [{ type: 'text', text: 'the prompt' }] } } },
  ...messages.map((msg) => ({ dir: 'out', msg })),
  ...(ends ? [{ dir: 'out', msg: { id: 2, result: { stopReason: 'end_turn' } } }] : []),
])

describe('whatever an agent tells', () => {
  it('in either version of the protocol and in any order, its session keeps the rules', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (lines) => {
        const { session: shown, reports, retracted } = await playStream(recorded(lines))
        expect(brokenRules(shown, retracted)).toEqual([])
        expect(reports.map(({ code }) => code).filter((code) => code !== 'unknown-message')).toEqual([])
      }),
      { numRuns: 400 },
    )
    expect(Reflect.get({}, 'type')).toBeUndefined()
  })

  it('cut and doubled it keeps them too', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (lines) => {
        // Of what is told twice only the ends must be the same where the first telling said it all.
        await checkStream({ ...recorded(lines), promptOf: recorded(lines).promptOf ?? (() => undefined) }, { cuts: 5 }).catch((error: Error) => {
          if (!error.message.includes('every line doubled: it ends as')) throw error
        })
      }),
      { numRuns: 40 },
    )
  })

  it('a recorded session with any of it in between goes on to its end', async () => {
    const happy = readStream('acp-claude/happy')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(happy.length - 1), message), { maxLength: 8 }), async (noise) => {
        const lines = happy.flatMap((line, index) => [...noise.flatMap(([at, msg]) => (at === index && index > 4 ? [{ dir: 'out', msg }] : [])), line])
        const { session: shown, retracted } = await playStream(recorded(lines))
        expect(brokenRules(shown, retracted)).toEqual([])
        // A question in the middle parts a message, and takes nothing of it.
        const said = shown.messages.map(({ role, content }) => (role === 'assistant' ? content : '')).join('')
        expect(said).toContain('Done: greeting.txt says hello demo.')
      }),
      { numRuns: 60 },
    )
  })
})

describe('whatever bytes come', () => {
  it('are messages or a malformed line, and nothing else', async () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.jsonValue().map((value) => new TextEncoder().encode(`${JSON.stringify(value)}\n`)), fc.constant(new TextEncoder().encode('{"id":1}\n')))
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (chunks) => {
        async function* source(): AsyncGenerator<Uint8Array> {
          yield* chunks
        }
        try {
          for await (const one of messageLines(source(), jsonLines, 500)) expect(typeof one).toBe('object')
        } catch (error) {
          expect(error).toMatchObject({ name: 'MalformedLine' })
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('whatever an agent sends while it works', () => {
  it('it can be stopped, goes on with the next prompt, and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(message, fc.record({ id: fc.oneof(fc.integer(), fc.string()), result: fc.jsonValue() }), fc.record({ method: fc.string(), params: fc.jsonValue() })), { maxLength: 12 }), async (messages) => {
        let end = (): void => {}
        let noisy = true
        const rig = createPeerRig({
          methods: {
            'session/new': () => ({ sessionId: session }),
            'session/cancel': () => end(),
            'session/prompt': (_params: unknown, peer: Peer) => {
              if (!noisy) return { stopReason: 'end_turn' }
              noisy = false
              for (const one of messages) peer.send(one)
              return new Promise((resolve) => (end = () => resolve({ stopReason: 'cancelled' })))
            },
          },
        })
        expect(await rig.start()).toEqual({ ok: true })
        expect(await rig.transport.stop({ sessionId: 's', run: 'r' })).toEqual({ ok: true })
        // What looks like the answer to the prompt is one: the turn may have ended before it was stopped.
        expect(['done', 'error']).toContain((await rig.heard.end('r')).status)
        expect(await rig.transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'on', session: rig.context })).toEqual({ ok: true })
        expect(await rig.heard.end('r2')).toMatchObject({ status: 'done' })
        await rig.transport.close()
        expect(rig.open()).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
