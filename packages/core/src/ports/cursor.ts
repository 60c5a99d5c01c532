/** A place in the far side's own numbering of one session's events: `seq` rises by 1 within an `epoch`. */
export interface Cursor {
  /** Names one numbering. A host that begins again from 1 takes a new epoch. */
  readonly epoch: string
  /** A whole number, 0 or above. */
  readonly seq: number
}
