import type { Choice } from './session-record.ts'

/** What the agent of one session can do; absent: nobody has said. `false` takes back what the transport says of all its agents. */
export interface Abilities {
  /** A prompt can go into the turn that is under way. */
  readonly steer?: boolean
  /** The agent remembers the session: it can be gone on with after its program has ended. */
  readonly resume?: boolean
  readonly fork?: boolean
  /** It can be made to forget the session. */
  readonly forget?: boolean
  readonly list?: boolean
  readonly images?: boolean
  /** Contents of files in a prompt, beside their names. */
  readonly files?: boolean
}

/** Whether somebody is logged in with the agent. */
export interface Login {
  /** `required`: nothing works before it; `done`: somebody is, or nobody needs to be. */
  readonly state: 'required' | 'done'
  /** The ways to log in that the agent offers, for `logIn`. */
  readonly methods: readonly Choice[]
  /** Who is, in the agent's words, for showing. */
  readonly account?: string
}

/** Something of the agent that can be set by `configure({ settings })`, beside its mode and its model. */
export interface AgentSetting {
  readonly id: string
  readonly label: string
  readonly description?: string
  /** One of `choices`, or a switch where there are none. */
  readonly value: string | boolean
  readonly choices: readonly Choice[]
}
