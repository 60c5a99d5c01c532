import type { ExpectedEnd } from '@agent-session/core/conformance'
import { field } from '@agent-session/core/transport'
import * as fc from 'fast-check'
import { Ollama } from 'ollama/browser'
import { describe, expect, it } from 'vitest'
import { testRecordings } from '../../../test/transports/checked-recordings.ts'
import { tooDeep } from '../../../test/transports/invented-stream.ts'
import { soundSession } from '../../../test/transports/sound-session.ts'
import { checkSpoiled } from '../../../test/transports/spoiled-lines.ts'
import { listModels, lookUpModel } from '../src/ollama-model.ts'
import { OllamaFold } from '../src/index.ts'
import { readStream, recorded, recordedStreams } from './recorded-stream.ts'
import { scriptedServer } from './scripted-server.ts'

/** How a run must have ended, by its scenario, with the tokens of the replies. */
function endOf(name: string): ExpectedEnd {
  const sum = (count: string): number => readStream(name).reduce((all: number, line) => all + Number(field(line, count) ?? 0), 0)
  const tokens = { inputTokens: sum('prompt_eval_count'), outputTokens: sum('eval_count') }
  if (name.startsWith('error')) return { status: 'error', endReason: 'error', ...tokens }
  if (name === 'interrupted') return { status: 'done', endReason: 'stopped', ...tokens }
  return { status: 'done', endReason: name === 'stop-length' ? 'length' : 'completed', ...tokens }
}

describe('recorded streams', () => {
  testRecordings({ names: recordedStreams, count: 11, stream: (name) => recorded(readStream(name)), endOf })
})

describe('whatever comes', () => {
  const prompt = { _host: 'prompt', message: { content: 'hi' } }
  const chunks = recordedStreams.flatMap((name) => readStream(name)).filter((line) => field(line, '_host') === undefined)

  it('any JSON at all makes no exception and no event that the store would refuse; what is unknown is reported', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.record({ message: fc.jsonValue(), done: fc.boolean() }), fc.jsonValue()), { maxLength: 20 }), async (values) => {
        const { reports } = await soundSession(recorded([prompt, ...values.filter((value) => field(value, '_host') === undefined)]))
        expect(reports.filter(({ code }) => code !== 'unknown-message')).toEqual([])
        const strange = values.filter((value) => typeof field(value, 'message') !== 'object')
        expect(reports.length).toBeGreaterThanOrEqual(strange.length)
      }),
      { numRuns: 100 },
    )
  })

  it('recorded lines with pieces of them replaced make none either, and touch no prototype', async () => {
    await checkSpoiled(recorded([prompt]), chunks)
  })

  it('of any depth makes no exception', () => {
    const fold = new OllamaFold('session')
    fold.beginRun('run', 0)
    fold.beginReply()
    for (const id of ['call_1', 'call_1', undefined]) fold.received({ message: { tool_calls: [{ id, function: { name: 'look', arguments: tooDeep } }] } }, 0)
    expect(fold.takeReply().calls).toHaveLength(2)
    expect(fold.gave('run/call_1', { output: tooDeep }, 0)).toHaveLength(1)
  })

  it('is the same for the same chunks', () => {
    const events = (): unknown => {
      const fold = new OllamaFold('session')
      return [fold.beginRun('run', 0), fold.beginReply(), ...chunks.map((chunk) => fold.received(chunk, 0))]
    }
    expect(events()).toEqual(events())
  })

  it('that is no chunk is reported, before, in and after a reply', () => {
    const fold = new OllamaFold('session')
    const unknown = [expect.objectContaining({ type: 'message', messages: [expect.objectContaining({ type: 'unknown' })] })]
    expect(fold.received({ message: { content: 'early' } }, 0)).toEqual(unknown)
    fold.beginRun('run', 0)
    fold.beginReply()
    expect(fold.received({ hello: 'world' }, 0)).toEqual(unknown)
    expect(fold.received({ message: { tool_calls: [{ function: {} }] } }, 0)).toEqual(unknown)
    fold.received({ message: { content: 'yes' }, done: true }, 0)
    expect(fold.received({ message: { content: 'late' } }, 0)).toEqual(unknown)
    expect(fold.gave('none', { output: '' }, 0)).toEqual(unknown)
    fold.end({ reason: 'completed' }, 0)
    expect(fold.end({ reason: 'completed' }, 0)).toEqual([])
  })
})

it('the recorded list and description of a model are understood', async () => {
  const [, list, , show] = readStream('meta')
  const server = await scriptedServer({ steps: [], models: Object(field(field(list, 'reply'), 'models')), shown: { 'demo:1b': field(show, 'reply') } })
  const client = new Ollama({ host: server.host })
  expect(await listModels(client)).toEqual([{ id: 'demo:1b', label: 'demo:1b', description: '1.0B, Q4_K_M' }])
  expect(await lookUpModel(client, 'demo:1b')).toEqual({ name: 'demo:1b', usesTools: true, thinks: true, seesImages: false })
  await server.close()
})
