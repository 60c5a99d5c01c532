import { ChatClient, stream, type UIMessage } from '@tanstack/ai-client'
import { nothingSeen } from '../readers/seen.ts'
import { piece, type Subject } from '../subject.ts'
import { until } from './macrotask.ts'
import { fromWire, tanstackMessage, tanstackText, type TanstackChunk } from './tanstack-chunks.ts'
import { WireQueue } from './wire-queue.ts'

/** It waits for a timer of 0 ms after each chunk; here that is a microtask, so that the table shows its work alone. */
function withoutPause(): void {
  const { setTimeout: real } = globalThis
  const atOnce = (run: () => void, ms?: number): ReturnType<typeof real> => {
    if (ms !== 0) return real(run, ms)
    queueMicrotask(run)
    return real(() => {}, 0)
  }
  globalThis.setTimeout = Object.assign(atOnce, real)
}

export const subject: Subject = {
  async open(held) {
    withoutPause()
    const seen = nothingSeen()
    let queue: WireQueue<TanstackChunk> | undefined
    const read = (messages: UIMessage[]): void => {
      seen.notices += 1
      seen.status = client.getStatus()
      seen.count = messages.length
      const last = messages.at(-1)
      seen.characters = last ? tanstackText(last).length : 0
    }
    const client: ChatClient = new ChatClient({
      connection: stream(() => (queue = new WireQueue<TanstackChunk>())),
      initialMessages: held.map(tanstackMessage),
      onMessagesChange: read,
    })
    let runs = 0
    let calls = 0
    let characters = 0

    async function begin(): Promise<{ tell: (chunk: object) => void; sent: Promise<unknown> }> {
      runs += 1
      queue = undefined
      const sent = client.sendMessage('Go.')
      await until(() => queue !== undefined, 'the request')
      const tell = (chunk: object): void => queue?.push(fromWire(chunk))
      tell({ type: 'RUN_STARTED', runId: `run-${runs}`, threadId: 'bench', timestamp: 0 })
      return { tell, sent }
    }

    let tell: ((chunk: object) => void) | undefined
    return {
      seen,
      async deltas(count) {
        if (tell === undefined) {
          tell = (await begin()).tell
          tell({ type: 'TEXT_MESSAGE_START', messageId: 'stream', role: 'assistant', timestamp: 0 })
        }
        for (let index = 0; index < count; index += 1) {
          tell({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'stream', delta: piece, timestamp: 0 })
          characters += piece.length
        }
        await until(() => seen.characters === characters, `${characters} characters, ${seen.characters} seen`)
      },
      async turns(count) {
        const { tell, sent } = await begin()
        for (let index = 0; index < count; index += 1) {
          calls += 1
          const toolCallId = `call-${calls}`
          const messageId = `text-${calls}`
          tell({ type: 'TOOL_CALL_START', toolCallId, toolCallName: 'Bash', toolName: 'Bash', timestamp: 0 })
          tell({ type: 'TOOL_CALL_ARGS', toolCallId, delta: '{"command":"run"}', timestamp: 0 })
          tell({ type: 'TOOL_CALL_END', toolCallId, timestamp: 0 })
          tell({ type: 'TOOL_CALL_RESULT', messageId: `result-${calls}`, toolCallId, content: 'line of output\n', timestamp: 0 })
          tell({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant', timestamp: 0 })
          tell({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: piece, timestamp: 0 })
          tell({ type: 'TEXT_MESSAGE_END', messageId, timestamp: 0 })
        }
        tell({ type: 'RUN_FINISHED', runId: `run-${runs}`, threadId: 'bench', finishReason: 'stop', timestamp: 0 })
        queue?.end()
        await sent
      },
      readAll() {
        let characters = 0
        for (const message of client.getMessages()) characters += tanstackText(message).length
        return characters
      },
    }
  },
}
