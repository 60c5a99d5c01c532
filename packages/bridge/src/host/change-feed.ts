import type { AgentStore, PromptPart, SessionChange, SessionMessage, StoreChange } from '@agent-session/core'
import type { Position } from '../protocol/packets.ts'
import { ChangeHistory } from './change-history.ts'

/** How much of what happened is kept for mirrors that come back: whichever is reached first. */
const keptChanges = 4_096
const keptCharacters = 4 * 1024 * 1024

/**
 * The numbered changes of one store, the newest of them kept. One for each store however many mirrors it has, and
 * kept on while it has none: so a mirror that comes back on a new line finds what it missed.
 */
export class ChangeFeed {
  static readonly #ofStore = new WeakMap<AgentStore, ChangeFeed>()

  static of(store: AgentStore): ChangeFeed {
    const feed = ChangeFeed.#ofStore.get(store) ?? new ChangeFeed(store)
    ChangeFeed.#ofStore.set(store, feed)
    return feed
  }

  readonly #listeners = new Set<() => void>()
  readonly #history = new ChangeHistory<StoreChange>({ count: keptChanges, weight: keptCharacters, weigh })
  #end: Position | undefined
  /** Positions up to this one say too little: the store came to it by a jump. */
  #jumpedTo = -1

  private constructor(store: AgentStore) {
    store.on('change', (change) => this.#take(change))
  }

  /** How far the store was when it last told. */
  get end(): Position | undefined {
    return this.#end
  }

  /** The changes after `at`; `undefined` when they are no longer known, or are of another store. */
  since(at: Position): readonly StoreChange[] | undefined {
    const end = this.#end
    if (end === undefined || at.epoch !== end.epoch || at.revision > end.revision) return undefined
    if (at.revision <= this.#jumpedTo) return undefined
    return this.#history.last(end.revision - at.revision)
  }

  /** A snapshot was taken: it tells how far the store is where no change has yet. */
  note(at: Position): void {
    if (this.#end?.epoch === at.epoch && this.#end.revision === at.revision) return
    this.#history.clear()
    this.#jumpedTo = -1
    this.#end = { epoch: at.epoch, revision: at.revision }
  }

  /** Told after each change; returns its own unsubscribe. */
  subscribe(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  #take(change: StoreChange): void {
    const { epoch, revision } = change
    const follows = this.#end === undefined || (this.#end.epoch === epoch && revision === this.#end.revision + 1)
    // A store that is itself a mirror jumps when it resyncs: from there on nothing before is known.
    if (follows) this.#history.add(change)
    else {
      this.#history.clear()
      this.#jumpedTo = revision
    }
    this.#end = { epoch, revision }
    for (const listener of this.#listeners) listener()
  }
}

function weigh({ changes }: StoreChange): number {
  let weight = 0
  for (const change of changes) weight += weighChange(change)
  return weight
}

function weighChange(change: SessionChange): number {
  switch (change.type) {
    case 'opened':
    case 'messages-appended':
      return change.messages.reduce((sum, message) => sum + weighMessage(message), 0)
    case 'message-extended':
      return change.text.length
    case 'message-replaced':
      return weighMessage(change.message)
    case 'messages-retracted':
    case 'session-updated':
    case 'removed':
    case 'listed':
      return 0
  }
}

const weighMessage = ({ content, toolInput = '', prompt = [] }: SessionMessage): number =>
  prompt.reduce((sum, part) => sum + weighPart(part), content.length + toolInput.length)

const weighPart = (part: PromptPart): number => (part.type === 'image' ? part.data.length : (part.text?.length ?? 0))
