// The stores of a page that a server renders and a browser hydrates: one for each request, one for each page.

import { createAgentStore, type AgentSession, type AgentStore, type StoreSnapshot } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { Subscriptions } from './adapter-scenarios.ts'

/** What a server answers a request with. */
export interface Rendered {
  readonly body: string
  readonly snapshot: StoreSnapshot
  /** Timers that are armed after the render and were not before. */
  readonly timersLeft: number
}

/** One request: a store of its own, with a session that streams and asks, rendered by `render`. */
export async function answerRequest(prompt: string, render: (store: AgentStore) => Promise<string>): Promise<Rendered> {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  const started = await store.start('one', { provider: 'scripted', prompt })
  if (!started.ok) throw new Error(started.error)
  const { sessionId } = started
  transport.emit({ type: 'delta', sessionId, id: 'stream', kind: 'text', text: `<b>${prompt}</b> & half`, offset: 0 })
  const options = [{ id: 'yes', label: 'Allow', kind: 'allow_once' }]
  transport.emit({ type: 'permission', sessionId, request: { id: 'q', title: 'Run ls?', options } })
  await clock.settle()
  const before = clock.pending
  const body = await render(store)
  const snapshot = store.snapshot()
  const timersLeft = clock.pending - before
  await store.dispose()
  return { body, snapshot, timersLeft }
}

/** The store of a browser to whom a page came: what was rendered is there, and its run is found again by `restore`. */
export function createPageStore(): { store: AgentStore; tell: (event: Record<string, unknown>) => void; subscribed: () => number } {
  const text = document.querySelector('#snapshot')?.textContent ?? ''
  const transport = createScriptedTransport({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
  const store = createAgentStore({ transport, initial: JSON.parse(text) })
  const subscriptions = new Subscriptions()
  subscriptions.watch(store)
  return { store, subscribed: () => subscriptions.total, tell: (event) => transport.emit({ sessionId: current(store).sessionId, ...event }) }
}

function current(store: AgentStore): AgentSession {
  const session = store.getSession('one')
  if (session === undefined) throw new Error('There is no session.')
  return session
}
