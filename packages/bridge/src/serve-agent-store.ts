import { systemClock, type AgentSessionError, type AgentStore, type Channel, type Clock } from '@agent-session/core'
import { ServedMirror } from './host/served-mirror.ts'

export interface ServeOptions {
  /** Newest messages of a session that a mirror is given with it; it asks for older ones. Default 200. */
  readonly pageSize?: number
  /**
   * Bytes that may wait in a channel that can tell (`BufferedChannel`). Above it nothing more is posted until they
   * have left; the mirror then gets what it missed, or all anew. Default 4 MiB.
   */
  readonly maxBufferedBytes?: number
  /** What a mirror did wrong, or what kept it from being served. Nothing of it reaches the store. Absent: not told. */
  readonly onError?: (error: AgentSessionError) => void
  /** Absent: the machine's own. */
  readonly clock?: Clock
}

/**
 * The owner's half: serves one mirror over one channel, until the function that it returns is called. The mirror is
 * given all live and current sessions, later each change by its revision, and its commands are run on the store.
 * What comes over the channel is checked; nothing of it throws into the store. The channel stays the caller's to close.
 */
export function serveAgentStore(store: AgentStore, channel: Channel, options: ServeOptions = {}): () => void {
  const { pageSize = 200, maxBufferedBytes = 4 * 1024 * 1024, onError = () => {}, clock = systemClock } = options
  const served = new ServedMirror(store, channel, { pageSize, maxBufferedBytes, onError, clock })
  return () => served.stop()
}
