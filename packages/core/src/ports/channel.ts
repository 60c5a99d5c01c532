/** A two-way line between a store's owner and a mirror: a WebSocket, a MessagePort, any desktop IPC. */
export interface Channel {
  /** Sends one JSON-like value. A channel that is down may drop it: revisions tell that something is missing. */
  post(data: unknown): void
  /** Tells everything that arrives; returns its own unsubscribe. */
  subscribe(listener: (data: unknown) => void): () => void
  /** Absent: nothing is held that needs an end. */
  close?(): void
}
