/** From a prompt to its end, as the driver of an agent has it. */
export interface Turn {
  readonly run: string
  /** Resolves at its end. */
  readonly over: Promise<void>
  /** Makes it be over; called again it does nothing. */
  finish(): void
  /** Somebody has asked for its end. */
  stopped: boolean
}

/** A turn that is under way. */
export function newTurn(run: string): Turn {
  let finish = (): void => {}
  const over = new Promise<void>((resolve) => (finish = resolve))
  return { run, over, finish, stopped: false }
}
