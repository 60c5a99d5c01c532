import type { AgentStore } from '../store/agent-store.ts'
import { toldOfChange, toldOfConnection, toldOfError, toldOfNotification, toldOfWriter, type TimelineEntry, type Told } from './timeline-entry.ts'

/** What it is about; absent: no session, or one that is gone. */
type About = Pick<TimelineEntry, 'sessionId' | 'projectId'>

/** The newest entries of what happened in a store. */
export class Timeline {
  /** Oldest first; another array once something came. */
  entries: readonly TimelineEntry[] = []
  readonly #limit: number
  readonly #now: () => number
  #count = 0
  /** What goes on, by session and kind: the entry that stands for all of it. */
  readonly #going = new Map<string, number>()

  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  clear(): void {
    this.entries = []
    this.#going.clear()
  }

  /** Writes down all that the store tells, then calls `changed`. Gives what ends it. */
  follow(store: AgentStore, changed: () => void): (() => void)[] {
    const note = (told: Told, about: About = {}): void => {
      this.#note(told, about)
      changed()
    }
    return [
      store.on('change', (change) => {
        const projectId = store.findSession(change.sessionId)?.projectId
        for (const told of toldOfChange(change)) note(told, { sessionId: change.sessionId, ...(projectId !== undefined && { projectId }) })
      }),
      store.on('notification', (told) => note(toldOfNotification(told), { sessionId: told.sessionId, projectId: told.projectId })),
      store.on('warning', (error) => note(toldOfError('warning', error), aboutError(error))),
      store.on('error', (error) => note(toldOfError('error', error), aboutError(error))),
      store.on('connection', (connection) => note(toldOfConnection(connection))),
      store.on('writer', (writer) => note(toldOfWriter(writer))),
    ]
  }

  #note(told: Told, about: About): void {
    const goesOn = told.level === 'info' && (told.kind === 'stream' || told.kind === 'save')
    const key = `${about.sessionId} ${told.kind}`
    const known = goesOn ? this.#going.get(key) : undefined
    if (known !== undefined && this.entries.some(({ id }) => id === known)) {
      this.entries = this.entries.map((entry) => (entry.id === known ? { ...entry, count: entry.count + 1, detail: told.detail } : entry))
      return
    }
    // Anything else in a session is between two streams, and two savings, of it.
    if (!goesOn) for (const kind of ['stream', 'save']) this.#going.delete(`${about.sessionId} ${kind}`)
    const entry = { ...told, ...about, id: (this.#count += 1), at: this.#now(), count: 1 }
    if (goesOn) this.#going.set(key, entry.id)
    this.entries = [...this.entries, entry].slice(-this.#limit)
  }
}

const aboutError = ({ sessionId, projectId }: About): About => ({
  ...(sessionId !== undefined && { sessionId }),
  ...(projectId !== undefined && { projectId }),
})
