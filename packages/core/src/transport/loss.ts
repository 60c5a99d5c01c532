/** How a run ended that the agent did not end itself: its program, or the connection to it, is gone. */
export interface Loss {
  /** `stopped`: on purpose; otherwise what happened, for people. */
  readonly reason: 'stopped' | 'error'
  /** Of an error: its words. Absent: nobody knows. */
  readonly error?: string
}
