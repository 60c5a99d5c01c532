import { piece } from '../subjects/subject.ts'
import type { ChunkTransport } from '../subjects/peers/chunk-transport.ts'
import { untilShown } from './next-frame.ts'

/** Begins an answer of the AI SDK, and gives what streams a delta of it. */
export async function streamChat(transport: ChunkTransport, send: () => Promise<void>): Promise<() => void> {
  void send()
  await untilShown(() => transport.open, 1_000)
  transport.push({ type: 'start', messageId: 'stream' })
  transport.push({ type: 'text-start', id: 'text' })
  return () => transport.push({ type: 'text-delta', id: 'text', delta: piece })
}
