import { errorText, type AgentStore, type SessionSummary, type StoreChange } from '@agent-session/core'

const pageSize = 30
/** Many sessions may move at once: the list is read again once for all of them. */
const restMs = 150

/** The sessions of one project, newest first, kept up to date. Make it while a component initialises. */
export class SessionList {
  readonly #store: AgentStore
  readonly #projectId: string
  #sessions = $state.raw<readonly SessionSummary[]>([])
  #more = $state(false)
  #failure = $state<string>()
  #limit = pageSize
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  constructor(store: AgentStore, projectId: string) {
    this.#store = store
    this.#projectId = projectId
    $effect(() => {
      void this.#read()
      const unsubscribe = [
        store.on('change', (change) => this.#concerns(change) && this.#readSoon()),
        store.on('connection', () => this.#readSoon()),
      ]
      return () => {
        for (const off of unsubscribe) off()
        clearTimeout(this.#timer)
        this.#timer = undefined
      }
    })
  }

  get sessions(): readonly SessionSummary[] {
    return this.#sessions
  }

  /** Whether there are more than are listed. */
  get more(): boolean {
    return this.#more
  }

  get failure(): string | undefined {
    return this.#failure
  }

  showMore(): void {
    this.#limit += pageSize
    void this.#read()
  }

  #concerns({ sessionId, changes }: StoreChange): boolean {
    const projectId = this.#store.findSession(sessionId)?.projectId
    if (projectId !== undefined && projectId !== this.#projectId) return false
    return changes.some(
      (change) =>
        change.type === 'opened' ||
        change.type === 'removed' ||
        (change.type === 'session-updated' && (change.patch.live !== undefined || 'title' in change.patch || 'endReason' in change.patch)),
    )
  }

  #readSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#read()
    }, restMs)
  }

  async #read(): Promise<void> {
    const asked = (this.#asked += 1)
    try {
      const found = await this.#store.listSessions(this.#projectId, { limit: this.#limit + 1 })
      if (asked !== this.#asked) return
      this.#more = found.length > this.#limit
      this.#sessions = found.slice(0, this.#limit)
      this.#failure = undefined
    } catch (thrown) {
      if (asked === this.#asked) this.#failure = errorText(thrown)
    }
  }
}
