import type { stream, UIMessage } from '@tanstack/ai-client'
import type { HeldMessage } from '../held-message.ts'

export type TanstackChunk = ReturnType<Parameters<typeof stream>[0]> extends AsyncIterable<infer Item> ? Item : never

/** Its chunks are named by an enum that it does not export; on the wire they are plain text. */
export const fromWire = (chunk: object): TanstackChunk => chunk as TanstackChunk

export const tanstackMessage = ({ id, role, content }: HeldMessage): UIMessage => ({ id, role, parts: [{ type: 'text', content }] })

export function tanstackText({ parts }: UIMessage): string {
  const last = parts.at(-1)
  return last?.type === 'text' ? last.content : ''
}
