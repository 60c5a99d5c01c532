import type { RawMessage, RawMessageType } from '@agent-session/core'
import { field, isFields, textField } from '@agent-session/core/transport'
import { plainCopy } from '../plain-copy.ts'

/** What a page shows or at least knows; there is no `user` on this wire, for the page shows its prompts itself. */
const types: ReadonlySet<string> = new Set<RawMessageType>(['text', 'thinking', 'tool_call', 'tool_result', 'init', 'error', 'cost', 'status', 'compaction', 'unknown'])

const isType = (word: string | undefined): word is RawMessageType => word !== undefined && types.has(word)

/** What is put in where a host says nothing. */
export interface MessageDefaults {
  readonly now: number
  makeId(): string
}

/**
 * One raw message of the wire as one of ours. What is none becomes a message of type `unknown` that holds it, which the
 * store reports; it takes nothing else of its batch with it (T25).
 */
export function readMessage(raw: unknown, { now, makeId }: MessageDefaults): RawMessage {
  const type = textField(raw, 'type')
  const id = textField(raw, 'id') || makeId()
  const timestamp = plainCopy(field(raw, 'timestamp'))
  const at = typeof timestamp === 'number' ? timestamp : now
  const parentId = textField(raw, 'parentId')
  if (!isFields(raw) || !isType(type)) return { id, type: 'unknown', content: plainCopy(raw) ?? null, timestamp: at }
  // A message without content is an empty one: a tool may have no output, a call no input.
  const content = plainCopy(field(raw, 'content')) ?? {}
  return { id, type, ...(parentId !== undefined && { parentId }), content, timestamp: at }
}
