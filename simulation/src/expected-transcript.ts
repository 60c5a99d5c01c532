import type { Logged } from './far-side.ts'

/** What an agent said, as a person should find it: the simple model that the store is held against. */
interface Expected {
  readonly id: string
  readonly run: string
  readonly content: string | undefined
}

export interface ExpectedTranscript {
  /** In the order in which they were first told. */
  readonly messages: readonly Expected[]
  /** Ids that were taken back. */
  readonly retracted: ReadonlySet<string>
}

/** Told up to and with the event of this number. */
export function expectedTranscript(log: readonly Logged[], upTo = Number.POSITIVE_INFINITY): ExpectedTranscript {
  const messages = new Map<string, Expected>()
  const retracted = new Set<string>()
  for (const { seq, run, event } of log) {
    if (seq > upTo) break
    if (event.type === 'delta') {
      messages.set(event.id, { id: event.id, run: messages.get(event.id)?.run ?? run, content: `${messages.get(event.id)?.content ?? ''}${event.text}` })
    } else if (event.type === 'message') {
      for (const { id, type, content } of event.messages) {
        messages.set(id, { id, run, content: type === 'text' || type === 'thinking' ? textOf(content) : undefined })
      }
    } else if (event.type === 'retract') {
      for (const id of event.ids) {
        messages.delete(id)
        retracted.add(id)
      }
    }
  }
  return { messages: [...messages.values()], retracted }
}

function textOf(content: unknown): string | undefined {
  const text: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, 'text') : undefined
  return typeof text === 'string' ? text : undefined
}
