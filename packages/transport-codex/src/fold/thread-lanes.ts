import type { ItemLog, Lane } from './item-log.ts'

/** The threads of a session: its own, and those of sub-agents under the calls that began them. */
export class ThreadLanes {
  readonly #items: ItemLog
  /** Threads of sub-agents, and the calls that they are under. */
  readonly #children = new Map<string, string>()
  #threadId: string | undefined

  constructor(items: ItemLog) {
    this.#items = items
  }

  /** Codex' id of the session, once one is open. */
  get threadId(): string | undefined {
    return this.#threadId
  }

  open(threadId: string): Lane {
    this.#threadId = threadId
    return mainLane(threadId)
  }

  /** The threads that a call has begun are under it. */
  adopt({ id, threads }: { readonly id: string; readonly threads: readonly string[] }): void {
    for (const threadId of threads) {
      if (threadId !== this.#threadId && !this.#children.has(threadId)) this.#children.set(threadId, id)
    }
  }

  /** `undefined` for threads that are none of this session. */
  of(threadId: string): Lane | undefined {
    if (threadId === this.#threadId) return mainLane(threadId)
    // A sub-agent may speak before the call that began it says who it is: then it is the one that is being begun.
    const parentId = this.#children.get(threadId) ?? (this.#threadId === undefined ? undefined : this.#items.runningCall(mainLane(this.#threadId), isSpawn))
    if (parentId === undefined) return undefined
    this.#children.set(threadId, parentId)
    return { threadId, parentId }
  }
}

const mainLane = (threadId: string): Lane => ({ threadId, parentId: undefined })

const isSpawn = (told: string): boolean => told.startsWith('{"name":"spawn_agent"')
