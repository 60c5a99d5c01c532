import type { Seen } from '../readers/seen.ts'
import { piece, type Feed } from '../subject.ts'
import type { ChunkTransport } from './chunk-transport.ts'
import { macrotask, until } from './macrotask.ts'

export interface AiSdkFeedOptions {
  readonly transport: ChunkTransport
  readonly seen: Seen
  readonly send: () => Promise<void>
  readonly readAll: () => number
  /** With a throttle: how many chunks come while it waits, and what ends the wait. */
  readonly throttle?: { readonly chunks: number; readonly elapse: () => void }
}

/** Drives a Chat of the AI SDK, of whatever framework, by the chunks of its own stream. */
export function aiSdkFeed({ transport, seen, send, readAll, throttle }: AiSdkFeedOptions): Feed {
  let turns = 0
  let calls = 0
  let characters = 0

  async function begin(): Promise<{ sent: Promise<void> }> {
    turns += 1
    const sent = send()
    await until(() => transport.open, 'the request')
    transport.push({ type: 'start', messageId: `answer-${turns}` })
    return { sent }
  }

  async function settle(reached: () => boolean): Promise<void> {
    await until(() => {
      throttle?.elapse()
      return reached()
    }, `${characters} characters, ${seen.characters} seen`)
  }

  return {
    seen,
    ...(throttle && { together: throttle.chunks }),
    async deltas(count) {
      if (!transport.open) {
        await begin()
        transport.push({ type: 'text-start', id: 'text' })
        characters = 0
      }
      for (let index = 1; index <= count; index += 1) {
        transport.push({ type: 'text-delta', id: 'text', delta: piece })
        characters += piece.length
        if (throttle && index % throttle.chunks === 0) {
          await macrotask()
          throttle.elapse()
        }
      }
      await settle(() => seen.characters === characters)
    },
    async turns(count) {
      const { sent } = await begin()
      for (let index = 0; index < count; index += 1) {
        calls += 1
        const toolCallId = `call-${calls}`
        const id = `text-${calls}`
        transport.push({ type: 'tool-input-available', toolCallId, toolName: 'Bash', input: { command: 'run' }, dynamic: true })
        transport.push({ type: 'tool-output-available', toolCallId, output: 'line of output\n', dynamic: true })
        transport.push({ type: 'text-start', id })
        transport.push({ type: 'text-delta', id, delta: piece })
        transport.push({ type: 'text-end', id })
      }
      transport.push({ type: 'finish' })
      transport.end()
      await sent
      await settle(() => seen.characters === piece.length)
    },
    readAll,
  }
}
