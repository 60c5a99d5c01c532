import type { AgentTransport, Capabilities } from './agent-transport.ts'
import type { Clock } from './clock.ts'
import type { ProbeResult } from './provider-state.ts'
import type { StartOptions } from '../session/start-options.ts'

/** What a transport is made for. */
export interface ProviderRequest {
  /** What starts call it: its name in the registry. */
  readonly name: string
  readonly clock: Clock
}

/** A look at a provider. */
export interface ProbeRequest extends ProviderRequest {
  /** Resolves when nobody waits for the answer any more: what was begun for it is to be ended. */
  readonly withdrawn: Promise<void>
}

/** The start options that a provider has a place for: `true` for any value of the option's type, else the words that it may be. */
export type ProviderOptions = { readonly [Name in keyof StartOptions]?: true | readonly string[] }

/** One kind of agent, as a registry knows it. Each transport package makes its own, such as `claudeProvider()`. */
export interface Provider {
  /** For people, such as `Claude Code`. */
  readonly title: string
  /** Makes its transport; called with the first command for it, and again with the next where it rejects. */
  create(request: ProviderRequest): AgentTransport | Promise<AgentTransport>
  /**
   * Finds out whether it can be used here; nothing of it is to go on afterwards. What it throws shows as `failed`. Absent: it
   * is taken to be usable.
   */
  probe?(request: ProbeRequest): Promise<ProbeResult>
  /** Absent: all. */
  readonly options?: ProviderOptions
  /** What its transport can, as far as that is known before it is made. Absent: nothing is. */
  readonly capabilities?: Capabilities
}
