const newline = 0x0a

/** A line that is no message. Its words are for a person; the line is in them, cut to a length that can be read. */
export class MalformedLine extends Error {
  override readonly name = 'MalformedLine'
}

/** What a line must be. */
export interface LineFormat<Message> {
  /** As a person calls it, in the singular: `JSON-RPC message`. */
  readonly name: string
  /** Enough to pass it on; what it says is checked by whoever reads it. */
  accepts(value: unknown): value is Message
}

/** Any object. */
export const jsonLines: LineFormat<object> = {
  name: 'message',
  accepts: (value): value is object => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** Keys that would reach an object's prototype where it is merged carelessly. */
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])
/** Written out, or with a plain letter as an escape, which no encoder does without a reason. */
const mayHaveUnsafeKeys = /__proto__|constructor|prototype|\\u00[2-7]/i

/**
 * The messages in what an agent writes, one a line. Fails with `MalformedLine` at the first line that is none: after
 * it nothing that comes can be trusted. A line longer than `mostBytes` is none either.
 */
export async function* messageLines<Message>(chunks: AsyncIterable<Uint8Array>, format: LineFormat<Message>, mostBytes: number): AsyncGenerator<Message> {
  const decoder = new TextDecoder()
  // The beginning of a line that has not ended; joined once it has, so that a byte costs the same however long it is.
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const lineOf = (tail: Uint8Array): string => {
    const line = pending.length === 0 ? decoder.decode(tail) : decoder.decode(Buffer.concat([...pending, tail]))
    pending = []
    pendingBytes = 0
    return line
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const message = messageOf(lineOf(chunk.subarray(start, end)), format)
      start = end + 1
      if (message !== undefined) yield message
    }
    if (start === chunk.length) continue
    pendingBytes += chunk.length - start
    if (pendingBytes > mostBytes) throw new MalformedLine(`a line of more than ${mostBytes} bytes: ${excerpt(lineOf(chunk.subarray(start)).slice(0, 1_000))}`)
    pending.push(chunk.subarray(start))
  }
  const message = messageOf(lineOf(new Uint8Array()), format)
  if (message !== undefined) yield message
}

function messageOf<Message>(line: string, format: LineFormat<Message>): Message | undefined {
  if (line.trim() === '') return undefined
  let value: unknown
  try {
    value = mayHaveUnsafeKeys.test(line)
      ? JSON.parse(line, (key, value: unknown) => (unsafeKeys.has(key) ? undefined : value))
      : JSON.parse(line)
  } catch {
    throw new MalformedLine(`a line that is no JSON: ${excerpt(line)}`)
  }
  if (!format.accepts(value)) throw new MalformedLine(`a line that is no ${format.name}: ${excerpt(line)}`)
  return value
}

function excerpt(line: string): string {
  const plain = line.trim()
  return JSON.stringify(plain.length > 200 ? `${plain.slice(0, 200)}…` : plain)
}
