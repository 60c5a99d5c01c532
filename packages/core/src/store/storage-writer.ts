import { AgentSessionError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch, Lease, LeaseRequest, SessionStorage } from '../ports/session-storage.ts'
import { within } from '../timers/deadline.ts'
import { OwnedTimer } from '../timers/owned-timer.ts'
import type { WriterState } from './writer-state.ts'

export interface StorageWriterOptions {
  readonly storage: SessionStorage
  /** Names this store to others. */
  readonly owner: string
  readonly clock: Clock
  readonly limits: Limits
  readonly onState: (state: WriterState) => void
  /** Another process has taken the lease: nothing of this store is saved any more. */
  readonly onLost: () => void
  /** The lease was given after another process had it: what is in memory is brought up to what that one stored. */
  readonly catchUp: () => Promise<void>
  readonly onError: (error: AgentSessionError) => void
}

/** A request for the lease that is under way. */
interface Claim {
  /** Resolves when it is known who writes. Rejects where the storage cannot say. */
  readonly known: Promise<void>
  readonly settle: (known?: Promise<void>) => void
  readonly fail: (reason: unknown) => void
  readonly withdrawn: Promise<void>
  readonly withdraw: () => void
}

function newClaim(): Claim {
  let [settle, fail, withdraw]: [Claim['settle'], Claim['fail'], Claim['withdraw']] = [() => {}, () => {}, () => {}]
  const known = new Promise<void>((resolve, reject) => ([settle, fail] = [resolve, reject]))
  const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
  // Whoever asked hears of it.
  known.catch(() => {})
  return { known, settle, fail, withdrawn, withdraw }
}

/** Writes to the storage under one lease: asked for with the first need of it, waited for where another process has it. */
export class StorageWriter {
  readonly #options: StorageWriterOptions
  readonly #retry: OwnedTimer
  #state: WriterState
  #lease: Lease | undefined
  #claim: Claim | undefined
  #ended = false

  constructor(options: StorageWriterOptions) {
    this.#options = options
    this.#retry = new OwnedTimer(options.clock)
    this.#state = { state: options.storage.acquire === undefined ? 'writing' : 'idle' }
  }

  get state(): WriterState {
    return this.#state
  }

  /** Why nothing may be written now; `undefined` where something may, or nobody has asked yet. */
  get refusal(): AgentSessionError | undefined {
    if (this.#state.state !== 'reading') return undefined
    return new AgentSessionError('lease-held', 'Another process writes this storage; this one only reads it. Close that one, or take over from it.')
  }

  /** Begins to find out who writes. */
  ask(): void {
    if (this.#state.state === 'idle' && !this.#ended) void this.#claimed()
  }

  /**
   * Finds out who writes, before something is read that only the one who writes may change. Rejects with
   * `storage-timeout` where the storage does not answer; what else is wrong with it is told by who uses it.
   */
  async settle(): Promise<void> {
    if (this.#state.state !== 'idle' || this.#ended) return
    const { clock, limits } = this.#options
    const failed = (): void => {}
    const answer = await within(clock, limits.commitTimeoutMs, this.#claimed().catch(failed))
    if (!answer.timely) {
      throw new AgentSessionError('storage-timeout', `The storage did not say within ${limits.commitTimeoutMs} ms who writes it.`)
    }
  }

  async commit(batch: CommitBatch): Promise<void> {
    const fence = await this.#fence()
    await this.#guarded(this.#options.storage.commit(fence === undefined ? batch : { ...batch, fence }))
  }

  async delete(sessionIds: readonly string[]): Promise<void> {
    const fence = await this.#fence()
    await this.#guarded(this.#options.storage.deleteSessions(sessionIds, fence))
  }

  /** Takes the lease from whoever has it. Rejects where the storage cannot give it. */
  async takeOver(): Promise<void> {
    if (this.#state.state === 'writing') return
    this.#claim?.withdraw()
    await this.#ask(true).known
  }

  async release(): Promise<void> {
    this.#ended = true
    this.#retry.clear()
    this.#claim?.withdraw()
    const lease = this.#lease
    this.#lease = undefined
    await lease?.release()
  }

  async #fence(): Promise<number | undefined> {
    if (this.#state.state === 'idle') await this.#claimed()
    if (this.refusal) throw this.refusal
    return this.#lease?.fence
  }

  /** A commit that is refused may be the first to hear that the lease was taken. */
  async #guarded(writing: Promise<void>): Promise<void> {
    const lease = this.#lease
    try {
      await writing
    } catch (thrown) {
      if (AgentSessionError.isInstance(thrown) && thrown.code === 'lease-lost' && lease !== undefined) this.#lost(lease)
      throw thrown
    }
  }

  #claimed(): Promise<void> {
    return (this.#claim ?? this.#ask(false)).known
  }

  #ask(steal: boolean): Claim {
    const claim = newClaim()
    this.#claim = claim
    const onWait = (holder: string | undefined): void => {
      if (this.#claim === claim) this.#move({ state: 'reading', ...(holder !== undefined && { holder }) })
      claim.settle()
    }
    this.#acquire({ steal, onWait, withdrawn: claim.withdrawn }).then(
      (lease) => {
        const wanted = this.#claim === claim && !this.#ended
        claim.settle(wanted ? this.#granted(lease) : lease.release())
      },
      (thrown: unknown) => {
        claim.fail(thrown)
        if (this.#claim !== claim) return
        this.#claim = undefined
        // One that had waited is asked for again, and so is what could not be taken by force.
        if (this.#state.state === 'reading') this.#askLater()
      },
    )
    return claim
  }

  /** Rejects also where the storage throws. */
  #acquire(request: LeaseRequest): Promise<Lease> {
    const { storage, owner } = this.#options
    return new Promise((resolve, reject) => {
      const lease = storage.acquire?.(owner, request)
      if (lease === undefined) reject(new AgentSessionError('not-supported', 'This storage has no lease.'))
      else lease.then(resolve, reject)
    })
  }

  #granted(lease: Lease): Promise<void> | undefined {
    const { catchUp, onError } = this.#options
    this.#lease = lease
    const lost = (): void => this.#lost(lease)
    void lease.lost.then(lost, lost)
    if (this.#state.state === 'idle') return this.#writes(lease)
    return catchUp()
      .catch((cause: unknown) => onError(AgentSessionError.from('storage-failed', cause)))
      .then(() => this.#writes(lease))
  }

  #writes(lease: Lease): undefined {
    if (this.#lease !== lease) return
    this.#claim = undefined
    this.#move({ state: 'writing' })
  }

  #lost(lease: Lease): void {
    if (this.#lease !== lease || this.#ended) return
    this.#lease = undefined
    this.#claim = undefined
    this.#move({ state: 'reading' })
    this.#options.onLost()
    this.#askLater()
  }

  /** Not at once: two that take the lease from each other must not do it in a tight circle. */
  #askLater(): void {
    if (this.#ended) return
    this.#retry.set(this.#options.limits.retryMinMs, () => {
      if (this.#claim === undefined && this.#state.state === 'reading') this.#ask(false)
    })
  }

  #move(state: WriterState): void {
    if (this.#ended) return
    this.#state = state
    this.#options.onState(state)
  }
}
