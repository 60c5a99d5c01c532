import type { AgentStore } from '@agent-session/core'
import { createStoreInspector } from '@agent-session/core/devtools'
import { mount, unmount } from 'svelte'
import Overlay from './Overlay.svelte'

/**
 * Puts a small overlay on the page: projects, sessions, the state of each, and what happens, behind a button and Alt+Shift+A.
 * It lives in a shadow root of its own, so that neither its styles nor those of the page reach the other. Nothing is
 * subscribed while it is closed. Returns what takes it away: `$effect(() => mountAgentSessionDevtools(store))`.
 */
export function mountAgentSessionDevtools(store: AgentStore, target: Element = document.body): () => void {
  const host = document.createElement('agent-session-devtools')
  target.append(host)
  const overlay = mount(Overlay, { target: host.attachShadow({ mode: 'open' }), props: { inspector: createStoreInspector(store) } })
  return () => {
    void unmount(overlay)
    host.remove()
  }
}
