import type { AgentStore, Notification } from '../store/agent-store.ts'
import { LiveListeners, type Live } from './live.ts'

/** A notification that is still to be seen. */
export interface ShownNotification extends Notification {
  /** Rises with each; for keys and for `dismiss`. */
  readonly id: number
}

/** What the store told people and nobody has dismissed. What comes while nobody listens is not kept. */
export interface NotificationList extends Live {
  /** Oldest first; the same array until it changes. */
  readonly notifications: readonly ShownNotification[]
  /** Takes one away; an unknown id is ignored. */
  dismiss(id: number): void
}

/** `limit`: how many are kept, the newest; 20 when absent. */
export function createNotificationList(store: AgentStore, { limit = 20 }: { readonly limit?: number } = {}): NotificationList {
  let shown: readonly ShownNotification[] = []
  let count = 0
  const become = (next: readonly ShownNotification[]): void => {
    shown = next
    listeners.tell()
  }
  const listeners = new LiveListeners(() => [
    store.on('notification', (told) => become([...shown, { ...told, id: (count += 1) }].slice(-limit))),
  ])
  return {
    get notifications() {
      return shown
    },
    dismiss(id) {
      if (shown.some((notification) => notification.id === id)) become(shown.filter((notification) => notification.id !== id))
    },
    subscribe: (listener) => listeners.subscribe(listener),
  }
}
