import { describe, expect, it } from 'vitest'
import { type LineFormat, messageLines } from '../src/index.ts'

const mostBytes = 1_000
const numbered: LineFormat<object> = { name: 'numbered message', accepts: (value): value is object => typeof value === 'object' && value !== null && 'id' in value }

async function* pieces(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text
}

async function read(...texts: (string | Uint8Array)[]): Promise<unknown[]> {
  const messages: unknown[] = []
  for await (const message of messageLines(pieces(...texts), numbered, mostBytes)) messages.push(message)
  return messages
}

describe('lines of messages', () => {
  it('are put together from any pieces, with any line ends, and the last without one', async () => {
    expect(await read('{"id":1}\r\n{"i', 'd":', '2}\n\n  \n{"id":3}')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  it('keep letters whole that come in two pieces', async () => {
    const bytes = new TextEncoder().encode('{"id":"ü€𝄞"}\n')
    for (let cut = 1; cut < bytes.length; cut += 1) expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([{ id: 'ü€𝄞' }])
  })

  it('leave out keys that would reach a prototype, however they are written', async () => {
    const [message] = await read(String.raw`{"id":1,"params":{"__proto__":{"a":1},"\u005f_proto__":{"a":1},"constructor":1,"prototype":2,"path":"constructor"}}`)
    expect(message).toEqual({ id: 1, params: { path: 'constructor' } })
    expect(Object.keys(Reflect.get(message ?? {}, 'params'))).toEqual(['path'])
  })

  it.each([
    ['hello', 'a line that is no JSON: "hello"'],
    ['{"id":', 'a line that is no JSON: "{\\"id\\":"'],
    ['[{"id":1}]', 'a line that is no numbered message: "[{\\"id\\":1}]"'],
    ['null', 'a line that is no numbered message: "null"'],
    [`"${'x'.repeat(900)}"`, `a line that is no numbered message: ${JSON.stringify(`"${'x'.repeat(199)}…`)}`],
  ])('%s', async (line, words) => {
    await expect(read(`{"id":1}\n${line}\n{"id":2}\n`)).rejects.toThrow(words)
  })

  it('may not go on for ever', async () => {
    await expect(read(...Array.from({ length: 20 }, () => 'x'.repeat(100)))).rejects.toThrow('a line of more than 1000 bytes: "xxx')
  })
})
