import { createNanoEvents } from 'nanoevents'
import { AgentSessionError, errorText } from '../errors.ts'
import type { StoreEvents, StoreListeners } from './agent-store.ts'

/** The store's events. Each listener is called by itself: one that throws is reported, and the others hear (F30). */
export class Reporter {
  readonly #events = createNanoEvents<StoreListeners>()

  on<Event extends keyof StoreEvents>(event: Event, listener: StoreListeners[Event]): () => void {
    // A function of its own, so that the same listener given twice is two, and each ends its own. TypeScript takes the
    // listeners of a generic event for those of all events at once; the cast says what the signature says.
    const own = ((payload: StoreEvents[Event]) => listener(payload)) as StoreListeners[Event]
    return this.#events.on(event, own)
  }

  emit<Event extends keyof StoreEvents>(event: Event, payload: StoreEvents[Event]): void {
    for (const listener of this.#listeners(event)) {
      try {
        listener(payload)
      } catch (thrown) {
        this.listenerFailed(thrown, listener)
      }
    }
  }

  /** Tells that a listener threw; `failed` is not told of its own failure. */
  listenerFailed(thrown: unknown, failed?: unknown): void {
    const error = new AgentSessionError('listener-threw', `A listener threw: ${errorText(thrown)}`, { cause: thrown })
    for (const listener of this.#listeners('error')) {
      if (listener === failed) continue
      try {
        listener(error)
      } catch {
        // An error listener that fails on being told of a failure: there is nobody left to tell.
        continue
      }
    }
  }

  close(): void {
    this.#events.events = {}
  }

  /** A copy: a listener may unsubscribe while it is called. */
  #listeners<Event extends keyof StoreEvents>(event: Event): readonly StoreListeners[Event][] {
    const listeners: readonly StoreListeners[Event][] | undefined = this.#events.events[event]
    return listeners === undefined || listeners.length === 0 ? none : [...listeners]
  }
}

const none: readonly never[] = []
