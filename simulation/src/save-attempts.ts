import type { AgentSessionError, Clock, CommitBatch, SessionStorage } from '@agent-session/core'
import { limits } from './world-limits.ts'

interface Attempts {
  /** Since the last that got through. */
  failures: number
  failedAt: number
  /** What was to be saved then, and how often something had happened. */
  failed: { readonly status: string; readonly run: string | undefined; readonly events: number } | undefined
  /** Errors that were told of it. */
  told: number
  inFlight: number
  /** When the last began. */
  begunAt: number
}

/** How the saves of one process went, as its store saw it (promise 6). */
export class SaveAttempts {
  readonly #clock: Clock
  readonly #violate: (what: string) => void
  readonly #sessions = new Map<string, Attempts>()
  /** How often a person, the agent or the disk has done something, which may ask for a save. */
  #events = 0
  #timePasses = false

  constructor(clock: Clock, violate: (what: string) => void) {
    this.#clock = clock
    this.#violate = violate
  }

  /** The storage, with every save written down. */
  watched(storage: SessionStorage): SessionStorage {
    const commit = async (batch: CommitBatch): Promise<void> => {
      const attempts = this.#of(batch.session.sessionId)
      this.#begin(batch, attempts)
      attempts.inFlight += 1
      attempts.begunAt = this.#clock.monotonic()
      try {
        await storage.commit(batch)
        attempts.failures = 0
      } catch (error) {
        attempts.failures += 1
        attempts.failedAt = this.#clock.monotonic()
        attempts.failed = { status: batch.session.status, run: batch.session.run, events: this.#events }
        throw error
      } finally {
        attempts.inFlight -= 1
      }
    }
    return Object.assign(Object.create(storage) as SessionStorage, { commit })
  }

  /** An error event of the store. */
  told({ sessionId }: AgentSessionError): void {
    if (sessionId !== undefined) this.#of(sessionId).told += 1
  }

  /** A step begins: nothing happens in it but that time passes, or something does. */
  step(timePasses: boolean): void {
    this.#timePasses = timePasses
    if (!timePasses) this.#events += 1
  }

  /** How often the last saves of this session failed. */
  failures(sessionId: string): number {
    return this.#of(sessionId).failures
  }

  /** For how long nothing has been tried since the last failure; 0 while something is. */
  idleMs(sessionId: string): number {
    const { failures, failedAt, inFlight } = this.#of(sessionId)
    return failures === 0 || inFlight > 0 ? 0 : this.#clock.monotonic() - failedAt
  }

  /** For how long the attempt has lasted that is in flight; 0 where none is. */
  flightMs(sessionId: string): number {
    const { inFlight, begunAt } = this.#of(sessionId)
    return inFlight > 0 ? this.#clock.monotonic() - begunAt : 0
  }

  /** Whether a failure was told by an event. */
  wasTold(sessionId: string): boolean {
    return this.#of(sessionId).told > 0
  }

  /** The session is gone: one that is read anew has not failed. */
  forget(sessionId: string): void {
    this.#sessions.delete(sessionId)
  }

  #begin({ session: { sessionId, status, run } }: CommitBatch, { failures, failedAt, failed, inFlight }: Attempts): void {
    if (inFlight > 0) this.#violate(`F33: two commits of ${sessionId} are in flight at once`)
    // The end of a run, which an event that was held may bring, is saved at once.
    if (failures === 0 || !this.#timePasses || failed?.events !== this.#events || failed.status !== status || failed.run !== run) return
    const least = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** (failures - 1)) / 2
    const waited = this.#clock.monotonic() - failedAt
    if (waited < least) this.#violate(`promise 6: ${sessionId} is saved again ${waited} ms after failure ${failures}, which is no backoff`)
  }

  #of(sessionId: string): Attempts {
    const known = this.#sessions.get(sessionId) ?? { failures: 0, failedAt: 0, failed: undefined, told: 0, inFlight: 0, begunAt: 0 }
    this.#sessions.set(sessionId, known)
    return known
  }
}
