import { playStream } from '@agent-session/core/conformance'
import { jsonLines, messageLines } from '@agent-session/agent-process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tooDeep } from '../../../test/transports/invented-stream.ts'
import { soundSession } from '../../../test/transports/sound-session.ts'
import { checkSpoiled } from '../../../test/transports/spoiled-lines.ts'
import { AppServerFold, ExecFold } from '../src/index.ts'
import { rpcLines } from '../src/rpc-lines.ts'
import { appServerFold, execFold, isAppServer, promptOf, readStream, recorded, recordedStreams } from './recorded-stream.ts'

const opening = readStream('codex-app-server/happy').slice(0, 10)
const execOpening = readStream('codex-exec/happy').slice(0, 3)
const linesOf = (isOurs: (name: string) => boolean): unknown[] =>
  recordedStreams.filter((name) => isOurs(name) && !name.endsWith('long-output')).flatMap((name) => readStream(name).filter((line) => promptOf(line) === undefined))

const notPrompts = (lines: readonly unknown[]): unknown[] => lines.filter((line) => promptOf(line) === undefined)

/** A session of these lines is sound, and the store refuses nothing of it. */
async function expectSound(lines: readonly unknown[], fold: typeof appServerFold): Promise<void> {
  await soundSession({ lines, promptOf, fold })
}

describe('whatever comes', () => {
  const method = fc.constantFrom('item/started', 'item/completed', 'item/agentMessage/delta', 'turn/completed', 'error', 'item/commandExecution/requestApproval', 'mcpServer/elicitation/request', 'item/tool/requestUserInput', 'thread/tokenUsage/updated')
  const thread = Reflect.get(Object(Reflect.get(Object(Reflect.get(Object(Reflect.get(Object(opening[5]), 'msg')), 'result')), 'thread')), 'id')
  const params = fc.dictionary(fc.constantFrom('item', 'turn', 'itemId', 'delta', 'error', 'tokenUsage', 'questions', 'availableDecisions'), fc.jsonValue()).map((fields) => ({ threadId: thread, ...fields }))

  it('any JSON at all from the app-server makes a sound session, and what is unknown is reported', async () => {
    expect(typeof thread).toBe('string')
    const message = fc.oneof(fc.record({ method, params }), fc.record({ id: fc.integer(), method, params }), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), (values) => expectSound([...opening, ...values.map((msg) => ({ dir: 'out', msg }))], appServerFold)),
      { numRuns: 150 },
    )
    const fold = new AppServerFold('session')
    fc.assert(fc.property(fc.jsonValue(), (value) => fold.received(value, 0).length > 0), { numRuns: 300 })
  })

  it('any JSON at all from exec makes a sound session, and what is unknown is reported', async () => {
    const type = fc.constantFrom('thread.started', 'turn.started', 'item.started', 'item.updated', 'item.completed', 'turn.completed', 'turn.failed', 'error')
    const item = fc.record({ id: fc.constantFrom('item_0', 'item_1'), type: fc.constantFrom('agent_message', 'reasoning', 'command_execution', 'file_change', 'mcp_tool_call', 'todo_list', 'error', 'user_message'), text: fc.jsonValue(), changes: fc.jsonValue(), items: fc.jsonValue(), status: fc.jsonValue() })
    const line = fc.oneof(fc.record({ type, item, usage: fc.jsonValue(), error: fc.jsonValue(), thread_id: fc.jsonValue() }), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), (values) => expectSound([...execOpening, ...notPrompts(values)], execFold)),
      { numRuns: 150 },
    )
    const fold = new ExecFold('session')
    fc.assert(fc.property(fc.jsonValue(), (value) => fold.received(value, 0).length > 0), { numRuns: 300 })
  })

  it('recorded lines with pieces of them replaced make sound sessions, too', async () => {
    await checkSpoiled({ lines: opening, promptOf, fold: appServerFold }, linesOf(isAppServer))
    await checkSpoiled({ lines: execOpening, promptOf, fold: execFold }, linesOf((name) => !isAppServer(name)))
  })

  it('random bytes are messages or a problem in words', async () => {
    const read = async (bytes: readonly Uint8Array[], format: typeof rpcLines | typeof jsonLines): Promise<unknown> => {
      try {
        for await (const message of messageLines(chunks(bytes), format, 1_000)) expect(typeof message).toBe('object')
        return undefined
      } catch (error) {
        return error
      }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.json().map((text) => new TextEncoder().encode(`${text}\n`)))), fc.constantFrom(rpcLines, jsonLines), async (bytes, format) => {
        const problem = await read(bytes, format)
        expect(problem === undefined || (problem instanceof Error && problem.name === 'MalformedLine')).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('of any depth makes no exception', () => {
    const fold = new AppServerFold('session')
    fold.sent({ id: 1, method: 'thread/start', params: {} }, 0)
    fold.received({ id: 1, result: { thread: { id: 'thread' } } }, 0)
    fold.beginRun('run', 0)
    fold.sent({ id: 2, method: 'turn/start', params: {} }, 0)
    const item = { type: 'mcpToolCall', id: 'call-0123456789abcdef', server: 's', tool: 't', arguments: tooDeep, result: tooDeep }
    for (const method of ['item/started', 'item/completed', 'item/completed']) fold.received({ method, params: { threadId: 'thread', item } }, 0)
    fold.received({ id: 'ask', method: 'item/permissions/requestApproval', params: { threadId: 'thread', itemId: 'x', permissions: { tooDeep } } }, 0)
    fold.sent({ id: 'ask', result: { permissions: { tooDeep }, scope: 'turn' } }, 0)
    expect(fold.received({ method: 'turn/completed', params: { threadId: 'thread', turn: { status: 'failed', error: tooDeep } } }, 0).at(-1)).toMatchObject({ status: 'error' })
    const exec = new ExecFold('session')
    exec.beginRun('run', 0)
    expect(exec.received({ type: 'item.completed', item: { ...item, type: 'mcp_tool_call' } }, 0).length).toBeGreaterThan(0)
  })

  it('is the same for the same messages, and costs the same however much came before', async () => {
    for (const name of ['codex-app-server/subagent', 'codex-exec/plan']) {
      const play = async () => (await playStream(recorded(name))).events
      expect(await play()).toEqual(await play())
    }
    const fold = new AppServerFold('session')
    fold.sent({ id: 1, method: 'thread/start', params: {} }, 0)
    fold.received({ id: 1, result: { thread: { id: 'thread' } } }, 0)
    fold.beginRun('run', 0)
    let last: unknown
    for (let count = 0; count < 20_000; count += 1) [last] = fold.received({ method: 'item/agentMessage/delta', params: { threadId: 'thread', itemId: 'message-0123456789', delta: `${count} ` } }, 0)
    expect(JSON.stringify(last).length).toBeLessThan(200)
  })
})

async function* chunks(bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes
}
