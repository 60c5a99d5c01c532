import type { AgentStore } from '@agent-session/core'
import { hasInjectionContext, inject, markRaw, provide, type App, type InjectionKey } from 'vue'

/** The same for two copies of this package in one app. */
const key: InjectionKey<AgentStore> = Symbol.for('agent-session')

/** `app.use(agentSessionPlugin, { store })`: gives a store to every component of the app. */
export const agentSessionPlugin = {
  install(app: App, options: { store: AgentStore }): void {
    app.provide(key, markRaw(options.store))
  },
}

/** Gives a store to the components below this one. Call it in setup; gives the store back. */
export function provideAgentStore(store: AgentStore): AgentStore {
  provide(key, markRaw(store))
  return store
}

/** The store that the app or a component above provides. */
export function useAgentStore(): AgentStore {
  const store = hasInjectionContext() ? inject(key, undefined) : undefined
  if (!store) {
    throw new Error('agent-session: no store. Call app.use(agentSessionPlugin, { store }) or provideAgentStore(store); outside of setup, give { store }.')
  }
  return store
}
