/**
 * Where all time comes from. The system's own is `systemClock`; tests hand in `createManualClock()`.
 *
 * Two readings, because they fail in different ways: the wall clock jumps (a user or NTP sets it), so it is only
 * ever shown; the monotonic one never does, so every duration is measured by it.
 */
export interface Clock {
  /** Wall clock in epoch ms. For timestamps that are shown, never for order or durations. */
  now(): number
  /** Ms from an arbitrary origin that never jump and never run backwards. For every duration. */
  monotonic(): number
  /** Runs `run` once after `ms`. The handle is opaque. A pending timer must not keep a Node process alive. */
  setTimeout(run: () => void, ms: number): unknown
  /** Ends a timer. A handle that has fired, or was never given, is ignored. */
  clearTimeout(timer: unknown): void
}
