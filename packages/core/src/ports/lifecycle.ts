/**
 * What the surroundings know and the core cannot: that the page is about to go, or that the machine woke up.
 * Each `on…` returns its own unsubscribe. Absent in the store's options: nothing of the kind is known.
 */
export interface Lifecycle {
  /** The page was hidden or is going away: what is not saved is saved now. */
  onHide(listener: () => void): () => void
  /** The machine woke, or throttled timers run again: durations are taken anew. */
  onWake(listener: () => void): () => void
}
