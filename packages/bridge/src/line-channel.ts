import type { Channel } from '@agent-session/core'

/**
 * `up`: what is posted goes out; `down`: it is dropped, and the line comes back by itself; `ended`: closed for good.
 */
export type Line = 'up' | 'down' | 'ended'

/**
 * A channel that knows how its line stands. A mirror on it says hello anew whenever the line comes up, and tells at
 * once when it goes down; on a plain `Channel` it notices both by time limits alone.
 */
export interface LineChannel extends Channel {
  readonly line: Line
  /** Why the line is down or ended, for people. */
  readonly reason?: string | undefined
  /** Tells each change of `line`, and where more is known of why it is down; returns its own unsubscribe. */
  onLine(listener: (line: Line) => void): () => void
}

/**
 * A channel that knows how much of what was posted has not left yet. The host stops posting changes to a mirror that
 * is slow to read, and goes on when it has caught up; on a plain `Channel` nothing is known, and everything is posted.
 */
export interface BufferedChannel extends Channel {
  /** What was posted and still waits in this process's memory. */
  readonly bufferedBytes: number
  /** Tells when what waited has left; returns its own unsubscribe. */
  onDrain(listener: () => void): () => void
}

export const isLineChannel = (channel: Channel): channel is LineChannel => 'line' in channel && 'onLine' in channel

export const isBufferedChannel = (channel: Channel): channel is BufferedChannel =>
  'bufferedBytes' in channel && 'onDrain' in channel
