import type { SessionChange, SnapshotSession, StatePatch } from '@agent-session/core'

type Updated = Extract<SessionChange, { type: 'session-updated' }>

/**
 * A change as it travels. A patch takes a field away by `undefined`, which JSON drops: the names of those fields go
 * beside it.
 */
export type WireChange = Exclude<SessionChange, Updated> | (Updated & { readonly absent?: readonly string[] })

export function encodeChange(change: SessionChange, pageSize: number): WireChange {
  // A mirror reads what is older from its host, which has what is put aside there too.
  if (change.type === 'opened') return { type: 'opened', state: change.state, ...newestOf(change, pageSize) }
  if (change.type !== 'session-updated') return change
  const absent = Object.keys(change.patch).filter((field) => Reflect.get(change.patch, field) === undefined)
  return absent.length === 0 ? change : { ...change, absent }
}

export function decodeChange(change: WireChange): SessionChange {
  if (change.type !== 'session-updated' || change.absent === undefined) return change
  const gone: StatePatch = Object.fromEntries(change.absent.map((field) => [field, undefined]))
  return { type: 'session-updated', patch: { ...change.patch, ...gone } }
}

/** The newest `count` messages, and whether there are others before them. */
export function newestOf(
  { messages, hasOlder }: Pick<SnapshotSession, 'messages' | 'hasOlder'>,
  count: number,
): Pick<SnapshotSession, 'messages' | 'hasOlder'> {
  return messages.length <= count ? { messages, hasOlder } : { messages: messages.slice(-count), hasOlder: true }
}
