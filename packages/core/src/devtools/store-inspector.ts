import { systemClock } from '../defaults/system-clock.ts'
import { LiveListeners, type Live } from '../live/live.ts'
import { createSessionList } from '../live/session-list.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { inspectedState, type StateSection } from './inspected-state.ts'
import { inspectedTree, type InspectedNode } from './inspected-tree.ts'
import { Timeline } from './timeline.ts'
import type { TimelineEntry } from './timeline-entry.ts'

/** How a store is inspected. */
export interface StoreInspectorOptions {
  /** How many entries of the timeline are kept, the newest; 200 when absent. */
  readonly keep?: number
  /** How many sessions are listed, the newest; 100 when absent. */
  readonly sessions?: number
  /** The time of an entry, epoch ms; the machine's when absent. */
  readonly now?: () => number
}

/**
 * What devtools show of a store. Nothing is subscribed, read from storage or kept while nobody listens; with the first
 * listener the timeline begins anew. It changes nothing in the store, and opens no session.
 */
export interface StoreInspector extends Live {
  /** The store, then its projects with their sessions; `filter` is looked for in labels and ids. */
  tree(filter?: string): readonly InspectedNode[]
  /** How a node of the tree stands now, by its id; nothing where there is none. */
  state(nodeId: string): readonly StateSection[]
  /** What happened, oldest first; the same array until something came. */
  readonly timeline: readonly TimelineEntry[]
  /** Forgets what happened. */
  clearTimeline(): void
}

/** For devtools of any framework, and for an app's own. */
export function createStoreInspector(store: AgentStore, options: StoreInspectorOptions = {}): StoreInspector {
  const { keep = 200, sessions = 100, now = systemClock.now } = options
  const list = createSessionList(store, { pageSize: sessions })
  const timeline = new Timeline(keep, now)
  const listeners = new LiveListeners(() => {
    timeline.clear()
    return [list.subscribe(tell), ...timeline.follow(store, tell)]
  })
  const tell = (): void => listeners.tell()
  return {
    tree: (filter = '') => inspectedTree(store, list.sessions, filter),
    state: (nodeId) => inspectedState(store, list, nodeId),
    get timeline() {
      return timeline.entries
    },
    clearTimeline() {
      timeline.clear()
      tell()
    },
    subscribe: (listener) => listeners.subscribe(listener),
  }
}
