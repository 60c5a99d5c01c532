import { AgentSessionError } from '@agent-session/core'

export type Fetch = typeof fetch

const newline = 0x0a

/** Keys that would reach an object's prototype where it is merged carelessly. */
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])
/** Written out, or with a plain letter as an escape, which no encoder does without a reason. */
const mayHaveUnsafeKeys = /__proto__|constructor|prototype|\\u00[2-7]/i

/** Bytes of an error's words that are read: more than anybody does. */
const mostErrorBytes = 4_096

/**
 * A fetch for the official client, which complains on the console of lines that are no JSON and goes on without them.
 * With this one such a line fails the request, as a line without an end does, and the words of an error come to it in
 * the one form that it takes without a word on the console. `signal` ends a request from its first moment on.
 */
export function checkedFetch(fetch: Fetch, signal: AbortSignal, mostLineBytes: number): Fetch {
  return async (input, init) => {
    const signals = [signal, ...(init?.signal ? [init.signal] : [])]
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) })
    const { status, statusText, headers, body } = response
    if (!response.ok) return Response.json({ error: (await errorWords(body)) || `${status} ${statusText}`.trim() }, { status, statusText })
    // Other answers are one value, in as many lines as it likes.
    if (body === null || !urlOf(input).endsWith('/api/chat')) return response
    return new Response(body.pipeThrough(checkedLines(mostLineBytes)), { status, statusText, headers })
  }
}

function urlOf(input: Parameters<Fetch>[0]): string {
  if (typeof input === 'string') return input
  return input instanceof URL ? input.href : input.url
}

/** Lets whole lines of JSON through, each without the keys that nobody may send. */
function checkedLines(mostBytes: number): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const checkedLine = (tail: Uint8Array): Uint8Array => {
    const text = pending.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode(tail)
    pending = []
    pendingBytes = 0
    return encoder.encode(text.trim() === '' ? '' : `${checkedJson(text)}\n`)
  }
  return new TransformStream({
    transform(chunk, controller) {
      let start = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        controller.enqueue(checkedLine(chunk.subarray(start, end)))
        start = end + 1
      }
      if (start === chunk.length) return
      pendingBytes += chunk.length - start
      if (pendingBytes > mostBytes) throw notOllama(`a line of more than ${mostBytes} bytes`)
      pending.push(chunk.slice(start))
    },
    flush(controller) {
      controller.enqueue(checkedLine(new Uint8Array()))
    },
  })
}

function checkedJson(line: string): string {
  try {
    const suspicious = mayHaveUnsafeKeys.test(line)
    const value: unknown = suspicious ? JSON.parse(line, (key, value: unknown) => (unsafeKeys.has(key) ? undefined : value)) : JSON.parse(line)
    // The client looks for an `error` in what it gets, and would throw on what has no fields.
    if (typeof value !== 'object' || value === null) throw new SyntaxError('not an object')
    return suspicious ? JSON.stringify(value) : line
  } catch {
    throw notOllama(`a line that is no JSON object: ${JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line)}`)
  }
}

const notOllama = (what: string): AgentSessionError =>
  new AgentSessionError('agent-protocol', `The Ollama server sent ${what}. Is it really Ollama that answers there?`)

/** The `error` of a JSON body, else the body as it is, as far as anybody would read it. */
async function errorWords(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  while (text.length < mostErrorBytes) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  // What is left of it nobody reads; a connection that breaks now breaks nothing.
  reader.cancel().catch(() => {})
  try {
    const parsed: unknown = JSON.parse(text)
    const error: unknown = typeof parsed === 'object' && parsed !== null && 'error' in parsed ? parsed.error : undefined
    if (typeof error === 'string') return error
  } catch {
    // Not JSON: a proxy in between speaks for itself.
  }
  return text.slice(0, mostErrorBytes).trim()
}
