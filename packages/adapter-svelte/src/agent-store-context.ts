import type { AgentStore } from '@agent-session/core'
import { getContext, setContext } from 'svelte'

/** The same for two copies of this package in one app. */
const key = Symbol.for('agent-session')

/** Gives a store to the components below. Call it while a component initialises; gives the store back. */
export function provideAgentStore(store: AgentStore): AgentStore {
  return setContext(key, store)
}

/** The store that a component above provides. Call it while a component initialises; elsewhere hand the store over. */
export function useAgentStore(): AgentStore {
  const store = getContext<AgentStore | undefined>(key)
  if (store === undefined) {
    throw new Error('agent-session: no store. Call provideAgentStore(store) in a component above.')
  }
  return store
}
