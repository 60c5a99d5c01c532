import type { AgentStore, ProviderState } from '@agent-session/core'

/** Whether an agent cannot be used. Of one that could not be looked at in time nobody knows: a start will tell. */
export const isMissing = (provider: ProviderState): boolean => !provider.usable && provider.code !== 'timeout'

/** The agents of the host, and which of them can be used there, as it was when somebody last asked. */
export class Providers {
  readonly #store: AgentStore
  #all = $state.raw<readonly ProviderState[]>([])
  #looking = $state(false)
  #failure = $state<string>()

  constructor(store: AgentStore) {
    this.#store = store
  }

  get all(): readonly ProviderState[] {
    return this.#all
  }

  /** Whether the host is finding out. */
  get looking(): boolean {
    return this.#looking
  }

  /** Why the host could not say, for people. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** `undefined` until the host has said. */
  named(name: string): ProviderState | undefined {
    return this.#all.find((provider) => provider.name === name)
  }

  /** Has the host look anew: something may have been installed. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      this.#all = await this.#store.listProviders()
      this.#failure = undefined
    } catch (thrown) {
      this.#failure = thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      this.#looking = false
    }
  }
}
