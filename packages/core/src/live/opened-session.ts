import { AgentSessionError } from '../errors.ts'
import type { AgentSession } from '../session/agent-session.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { LiveListeners, type Live } from './live.ts'

/** One session by its id, whether its project shows it or not. */
export interface OpenedSession extends Live {
  /** `undefined` while it is read, and where there is none of that id (any more). */
  readonly session: AgentSession | undefined
  /** It is being read from storage. */
  readonly loading: boolean
  /** Why it could not be read; `undefined` where it could, and where there is none. */
  readonly error: AgentSessionError | undefined
}

/** Read from storage, where it is not in memory, when somebody begins to listen. */
export function createOpenedSession(store: AgentStore, sessionId: string): OpenedSession {
  let error: AgentSessionError | undefined
  let loading = false
  const open = async (): Promise<void> => {
    if (loading || store.findSession(sessionId) !== undefined) return
    loading = true
    error = undefined
    try {
      await store.openSession(sessionId)
    } catch (thrown) {
      error = AgentSessionError.from('storage-failed', thrown)
    }
    loading = false
    listeners.tellApart()
  }
  const listeners = new LiveListeners(() => {
    void open()
    return [
      store.on('change', (change) => {
        if (change.sessionId === sessionId && change.changes.some(({ type }) => type === 'opened' || type === 'removed')) listeners.tell()
      }),
      store.on('connection', ({ state }) => void (state === 'connected' && open())),
    ]
  })
  return {
    get session() {
      return store.findSession(sessionId)
    },
    get loading() {
      return loading
    },
    get error() {
      return error
    },
    subscribe: (listener) => listeners.subscribe(listener),
  }
}
