import type { EventBody } from '@agent-session/core/transport'
import type { OwnIds } from './own-ids.ts'

export type StreamKind = 'text' | 'thinking'

interface Stream {
  readonly kind: StreamKind
  readonly id: string
  /** As the agent has it; absent when it gives none. */
  readonly agentId: string | undefined
  length: number
  /** How it begins: enough to tell an error's words from an answer. */
  opening: string
}

/** A message that was still coming when it was asked for. */
export interface OpenText {
  readonly id: string
  readonly agentId: string | undefined
  /** Absent when it is longer than any error's words. */
  readonly text: string | undefined
}

const longestErrorWords = 4_000

/** The conversation itself, as the name of a lane: no tool call has an empty id. */
const top = ''

/**
 * Chunks made into messages. Each lane (the conversation, and each sub-agent) has at most one message that is still
 * coming; a chunk of another one ends it. ACP chunks carry no offset, so what is sent twice cannot be told from what
 * is said twice.
 */
export class TextStreams {
  readonly #open = new Map<string, Stream>()
  /** How often each id was begun: a message that goes on after its end becomes a further part of its own. */
  readonly #begun = new Map<string, number>()
  /** Messages that were told as a whole, by our ids: what is told of them later is told as a whole again. */
  readonly #whole = new Map<string, string>()
  #unnamed = 0
  readonly #ids: OwnIds

  constructor(ids: OwnIds) {
    this.#ids = ids
  }

  enterTurn(): void {
    this.#unnamed = 0
    this.#whole.clear()
  }

  /** A message as a whole, in the place of all that was said of it before. Without words it is none, and changes nothing. */
  replace(scope: string, kind: StreamKind, agentId: string, text: string, parentId: string | undefined, now: number): EventBody[] {
    const known = this.#open.get(parentId ?? top)
    const named = this.#named(scope, kind, agentId, parentId)
    const id = known?.agentId === agentId && known.kind === kind ? known.id : named
    const bodies = this.close(parentId)
    if (text === '') return bodies
    this.#begun.set(named, Math.max(1, this.#begun.get(named) ?? 0))
    this.#whole.set(id, text)
    return [...bodies, { type: 'message', messages: [{ id, type: kind, content: { text }, timestamp: now, ...(parentId !== undefined && { parentId }) }] }]
  }

  push(scope: string, kind: StreamKind, agentId: string | undefined, text: string, parentId: string | undefined, now: number): EventBody[] {
    const whole = agentId === undefined ? undefined : this.#whole.get(this.#named(scope, kind, agentId, parentId))
    if (agentId !== undefined && whole !== undefined) return text === '' ? [] : this.replace(scope, kind, agentId, whole + text, parentId, now)
    const known = this.#open.get(parentId ?? top)
    const goesOn = known !== undefined && known.kind === kind && known.agentId === agentId
    const bodies = goesOn ? [] : this.close(parentId)
    // Some agents open a message with nothing in it.
    if (text === '') return bodies
    const stream = goesOn ? known : this.#begin(scope, kind, agentId, parentId)
    bodies.push({ type: 'delta', id: stream.id, kind, text, offset: stream.length, ...(parentId !== undefined && { parentId }) })
    stream.length += text.length
    if (stream.length <= longestErrorWords) stream.opening += text
    return bodies
  }

  /** Ends the message that is coming in a lane, if there is one. */
  close(parentId: string | undefined): EventBody[] {
    const stream = this.#open.get(parentId ?? top)
    if (stream === undefined) return []
    this.#open.delete(parentId ?? top)
    return [{ type: 'message-end', id: stream.id }]
  }

  /** As `close`, but leaves a message alone that has an id to go on under. */
  closeUnnamed(parentId: string | undefined): EventBody[] {
    return this.#open.get(parentId ?? top)?.agentId === undefined ? this.close(parentId) : []
  }

  /** Ends whatever is being said; `cut`: before its time. */
  closeAll(cut: boolean): EventBody[] {
    const bodies = [...this.#open.values()].map(({ id }): EventBody => ({ type: 'message-end', id, ...(cut && { cut }) }))
    this.#open.clear()
    return bodies
  }

  /** What the agent is saying in the conversation itself. */
  get saying(): OpenText | undefined {
    const stream = this.#open.get(top)
    if (stream === undefined || stream.kind !== 'text') return undefined
    const text = stream.length <= longestErrorWords ? stream.opening : undefined
    return { id: stream.id, agentId: stream.agentId, text }
  }

  #named(scope: string, kind: StreamKind, agentId: string, parentId: string | undefined): string {
    return this.#ids.of(scope, agentId, parentId === undefined ? kind : `${kind}/${parentId}`)
  }

  #begin(scope: string, kind: StreamKind, agentId: string | undefined, parentId: string | undefined): Stream {
    const named = agentId === undefined ? `${scope}/${kind}-${(this.#unnamed += 1)}` : this.#named(scope, kind, agentId, parentId)
    const part = (this.#begun.get(named) ?? 0) + 1
    this.#begun.set(named, part)
    const stream: Stream = { kind, id: part === 1 ? named : `${named}/${part}`, agentId, length: 0, opening: '' }
    this.#open.set(parentId ?? top, stream)
    return stream
  }
}
