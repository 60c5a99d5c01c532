import { textOf, type Logged } from './far-side.ts'

/** What an agent said, as a person should find it: the simple model that the store is held against. */
interface Expected {
  readonly id: string
  readonly run: string
  readonly content: string | undefined
  /** It was told as a whole, not piece by piece. */
  readonly whole?: boolean
  /** It was told in more than one event. */
  readonly again?: boolean
  /** Of a tool call whose result was told. */
  readonly toolState?: 'done' | 'failed'
}

export interface ExpectedTranscript {
  /** In the order in which they were first told. */
  readonly messages: readonly Expected[]
  /** Ids that were taken back. */
  readonly retracted: ReadonlySet<string>
  /** `undefined` until one was told. */
  readonly title: string | undefined
  /** USD of all runs together. */
  readonly costUsd: number
}

/** Told up to and with the event of this place. */
export function expectedTranscript(log: readonly Logged[], upTo = Number.POSITIVE_INFINITY): ExpectedTranscript {
  const messages = new Map<string, Expected>()
  const retracted = new Set<string>()
  const costs = new Map<string, number>()
  let title: string | undefined
  for (const { place, run, event } of log) {
    if (place > upTo) break
    if (event.type === 'delta') {
      const known = messages.get(event.id)
      const have = known?.content ?? ''
      messages.set(event.id, { id: event.id, run: known?.run ?? run, content: `${have}${event.text.slice(have.length - (event.offset ?? have.length))}`, again: known !== undefined })
    } else if (event.type === 'message') {
      for (const { id, type, content } of event.messages) {
        const told = type === 'text' || type === 'thinking' ? textOf(content) : undefined
        const known = messages.get(id)
        messages.set(id, { ...known, id, run: known?.run ?? run, content: told, whole: true, again: known !== undefined })
        const call = type === 'tool_result' ? messages.get(String(Reflect.get(Object(content), 'toolCallId'))) : undefined
        if (call) messages.set(call.id, { ...call, toolState: Reflect.get(Object(content), 'isError') === true ? 'failed' : 'done' })
      }
    } else if (event.type === 'retract') {
      for (const id of event.ids) {
        messages.delete(id)
        retracted.add(id)
      }
    } else if (event.type === 'cost') costs.set(run, event.costUsd ?? 0)
    else if (event.type === 'session') title = event.title ?? title
  }
  const costUsd = [...costs.values()].reduce((sum, cost) => sum + cost, 0)
  return { messages: [...messages.values()], retracted, title, costUsd }
}
