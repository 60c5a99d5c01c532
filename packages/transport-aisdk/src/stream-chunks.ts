import { AgentSessionError } from '@agent-session/core'
import { createParser } from 'eventsource-parser'

/** What a stream may hold. */
export interface StreamBounds {
  /** Characters of one chunk. */
  readonly mostChunkCharacters: number
  /** Bytes of one answer. */
  readonly mostAnswerBytes: number
}

/** A chunk as it was sent, or the mark at the end of a whole stream. */
export type StreamItem = { readonly chunk: unknown } | { readonly done: true }

/** Keys that would reach an object's prototype where it is merged carelessly. */
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])
/** Written out, or with a plain letter as an escape, which no encoder does without a reason. */
const mayHaveUnsafeKeys = /__proto__|constructor|prototype|\\u00[2-7]/i

const endMark = '[DONE]'
/** How much of what is no event stream is told. */
const shownCharacters = 200

/** Reads server-sent events to their end, each as JSON. Throws `agent-protocol` for what is none, or is too much. */
export async function* streamChunks(body: ReadableStream<Uint8Array>, bounds: StreamBounds): AsyncGenerator<StreamItem> {
  const decoder = new TextDecoder()
  const events: string[] = []
  let problem: AgentSessionError | undefined
  let heard = false
  let strangeLine: string | undefined
  const parser = createParser({
    maxBufferSize: bounds.mostChunkCharacters,
    onEvent: ({ data }) => void events.push(data),
    onError: ({ type, line }) => {
      if (type === 'max-buffer-size-exceeded') problem ??= tooMuch(`a chunk of more than ${bounds.mostChunkCharacters} characters`)
      else strangeLine ??= line
    },
  })
  const reader = body.getReader()
  let bytes = 0
  let whole = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.byteLength
      if (bytes > bounds.mostAnswerBytes) throw tooMuch(`more than ${bounds.mostAnswerBytes} bytes in one answer`)
      if (problem === undefined) parser.feed(decoder.decode(value, { stream: true }))
      heard ||= events.length > 0
      // After its mark a stream is over, whatever a proxy still appends.
      for (const data of events.splice(0)) if (!whole) yield data === endMark ? ((whole = true), { done: true }) : { chunk: parsed(data) }
      if (problem !== undefined) throw problem
    }
    // An event without the empty line behind it was cut off in its middle, says the standard.
    if (!heard && strangeLine !== undefined) throw notTheProtocol(strangeLine)
  } finally {
    // Nobody reads on; a connection that breaks now breaks nothing.
    reader.cancel().catch(() => {})
  }
}

function parsed(data: string): unknown {
  try {
    return mayHaveUnsafeKeys.test(data) ? JSON.parse(data, (key, value: unknown) => (unsafeKeys.has(key) ? undefined : value)) : JSON.parse(data)
  } catch (cause) {
    throw new AgentSessionError('agent-protocol', `The back end sent a chunk that is no JSON: ${JSON.stringify(shortened(data))}`, { cause })
  }
}

function notTheProtocol(line: string): AgentSessionError {
  // `0:"Hello"`: how version 4 of the SDK and those before it streamed.
  const older = /^[0-9a-z]:["[{]/.test(line) ? ' It looks like the data stream of AI SDK 4 and older; the UI message stream came with version 5.' : ''
  return new AgentSessionError('agent-protocol', `The back end sent no UI message stream, but ${JSON.stringify(shortened(line))}.${older}`)
}

const tooMuch = (what: string): AgentSessionError => new AgentSessionError('agent-protocol', `The back end sent ${what}. Look for a loop in it, or raise the transport's bounds`)

export const shortened = (text: string): string => (text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text)
