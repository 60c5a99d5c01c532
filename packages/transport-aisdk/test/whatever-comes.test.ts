import { playStream } from '@agent-session/core/conformance'
import { field } from '@agent-session/core/transport'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soundSession } from '../../../test/transports/sound-session.ts'
import { checkSpoiled } from '../../../test/transports/spoiled-lines.ts'
import { AiSdkFold } from '../src/index.ts'
import { settledMessage } from '../src/fold/answer-message.ts'
import { reportedUsage } from '../src/fold/reported-usage.ts'
import { readChunk } from '../src/fold/ui-chunk.ts'
import { isToolPart } from '../src/fold/ui-message.ts'
import { streamChunks } from '../src/stream-chunks.ts'
import { readStream, recorded, recordedStreams } from './recorded-stream.ts'

const begin = [{ _host: 'prompt', text: 'hi' }, { _host: 'request' }]
const chunks = recordedStreams.flatMap((name) => readStream(name)).filter((line) => field(line, '_host') === undefined)
const types = [...new Set(chunks.map((chunk) => field(chunk, 'type')))]
const bounds = { mostChunkCharacters: 10_000, mostAnswerBytes: 100_000 }

/** Chunks that look like some: few ids, so that they meet. */
const ids = fc.constantFrom('a', 'b')
const lookalike = fc.record({
  type: fc.constantFrom(...types, 'tool-approval-response', 'custom', 'reset-step', 'steering-message', 'reasoning-file', 'quantum'),
  id: ids,
  toolCallId: ids,
  approvalId: ids,
  toolName: fc.constantFrom('look', 'remove'),
  // Words of an error and of an answer are never the same, so that the one is not taken for the other.
  delta: fc.constantFrom('x', 'yy', ' ', ''),
  output: fc.jsonValue(),
  input: fc.jsonValue(),
  preliminary: fc.boolean(),
  approved: fc.boolean(),
  isAutomatic: fc.boolean(),
  errorText: fc.constantFrom('It failed.', ' '),
  messageMetadata: fc.jsonValue(),
  parts: fc.array(fc.jsonValue()),
  kind: ids,
  title: ids,
  url: ids,
  mediaType: ids,
})

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })

async function everything(stream: ReadableStream<Uint8Array>): Promise<unknown> {
  const all: unknown[] = []
  try {
    for await (const item of streamChunks(stream, bounds)) all.push(item)
    return all
  } catch (error) {
    return field(error, 'code')
  }
}

describe('whatever comes', () => {
  it('any JSON at all makes no exception and no event that the store would refuse; what is unknown is reported', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), async (values) => {
        const strange = values.filter((value) => field(value, '_host') === undefined)
        const { reports } = await playStream(recorded([...begin, ...strange]))
        expect(reports.map(({ code }) => code)).toEqual(strange.filter((value) => readChunk(value) === undefined).map(() => 'unknown-message'))
      }),
      { numRuns: 100 },
    )
  })

  it('any chunks in any order keep the rules, and what goes back answers each of its calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lookalike, { maxLength: 40 }), async (values) => {
        await soundSession(recorded([...begin, ...values, { _host: 'end' }]))
        const fold = new AiSdkFold('session', { usageOf: reportedUsage })
        fold.beginRun('run')
        fold.beginAnswer('chat', 0)
        for (const value of values) fold.received(value, 0)
        const open = settledMessage(fold.message).parts.filter((part) => isToolPart(part) && !part.state.startsWith('output-'))
        expect(open).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('recorded chunks with pieces of them replaced keep them, too, and touch no prototype', async () => {
    await checkSpoiled(recorded(begin), chunks, 200)
  })

  it('any bytes end in chunks or in one error that has a code', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('data: ', 'data:', '\n', '\r\n', '\r', ': x', 'id: \0', 'event: e', '[DONE]', '{"type":"start"}', '\uFEFF', '{"__proto__":1}').map((text) => new TextEncoder().encode(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const ended = await everything(streamOf(pieces))
        expect(Array.isArray(ended) || ended === 'agent-protocol').toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('the same bytes are the same chunks, however they are cut', async () => {
    const bytes = new TextEncoder().encode(readStream('v7/text').filter((line) => field(line, '_host') === undefined).map((line) => `data: ${JSON.stringify(line)}\r\n\r\n`).join('') + 'data: [DONE]\n\n')
    const whole = await everything(streamOf([bytes]))
    expect(whole).toHaveLength(14)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 20 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end))
        expect(await everything(streamOf(pieces))).toEqual(whole)
      }),
      { numRuns: 100 },
    )
  })

  it('is the same for the same chunks, told again it has the same numbers', () => {
    const told = (fold: AiSdkFold): unknown => chunks.slice(0, 200).map((chunk) => fold.received(chunk, 0).filter(({ cursor }) => cursor !== undefined))
    const fold = new AiSdkFold('session', { usageOf: reportedUsage })
    fold.beginRun('run')
    const once = [fold.beginAnswer('chat', 0), told(fold)]
    expect([fold.beginAnswerAgain('chat', 0), told(fold)]).toEqual(once)
    const other = new AiSdkFold('session', { usageOf: reportedUsage })
    other.beginRun('run')
    expect([other.beginAnswer('chat', 0), told(other)]).toEqual(once)
  })

  it('that comes before, between and after answers is reported', () => {
    const fold = new AiSdkFold('session')
    const unknown = [expect.objectContaining({ type: 'message', messages: [expect.objectContaining({ type: 'unknown' })] })]
    const word = { type: 'text-delta', id: 't', delta: 'early' }
    expect(fold.received(word, 0)).toEqual(unknown)
    fold.beginRun('run')
    expect(fold.received(word, 0)).toEqual(unknown)
    fold.beginAnswer('chat', 0)
    expect(fold.received({ type: 'text-delta', id: 't' }, 0)).toEqual(unknown)
    expect(fold.gave('none', { output: '' }, 0)).toEqual(unknown)
    expect(fold.answered('none', 'allow', undefined, 0)).toEqual([])
    fold.end({ reason: 'completed' }, 0)
    expect(fold.end({ reason: 'completed' }, 0)).toEqual([])
    expect(fold.received(word, 0)).toEqual(unknown)
  })
})

describe('a scenario', () => {
  const scenarios = recordedStreams.filter((name) => name.startsWith('v5/')).map((name) => name.slice('v5/'.length))

  it.each(scenarios)('%s is the same session, whichever version of the SDK the back end has', async (name) => {
    const [v5, v6, v7] = await Promise.all(
      ['v5', 'v6', 'v7'].map(async (version) => {
        const { session, reports } = await playStream(recorded(readStream(`${version}/${name}`)))
        const { status, endReason, error, model, inputTokens, outputTokens, cachedInputTokens, messages } = session
        return { status, endReason, error, model, inputTokens, outputTokens, cachedInputTokens, messages: messages.map(({ run: _run, ...message }) => message), reports: reports.length }
      }),
    )
    expect(v6).toEqual(v5)
    expect(v7).toEqual(v5)
  })
})
