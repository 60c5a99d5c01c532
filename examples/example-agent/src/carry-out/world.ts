import type { Commands } from '../command.ts'
import type { Sandbox } from '../sandbox.ts'

/** What the orders act on, beside their turn. */
export interface World {
  readonly sandbox: Sandbox
  readonly commands: Commands
  readonly paceMs: number
  readonly runLimitMs: number
  /** Ends the program at once. */
  crash(reason: string): never
}
