import { AgentSessionError, type Clock, type Lease, type LeaseRequest } from '@agent-session/core'
import type { Statements, WriteStatements } from './connection.ts'
import { isNumber, isRow } from './row.ts'
import { processNames, type ProcessNames } from './this-process.ts'

export interface WriterLeasesOptions {
  readonly path: string
  readonly clock: Clock
  readonly read: <Value>(work: (statements: Statements) => Value) => Promise<Value>
  readonly write: <Value>(work: (statements: Statements & WriteStatements) => Value) => Promise<Value>
  readonly closed: () => AgentSessionError
}

/** The one row: who holds the lease. `beat` rises while the holder lives; 0 means that nobody has it. */
interface LeaseRow {
  readonly fence: number
  readonly owner: string
  readonly beat: number
  readonly process: string
}

/** How often a waiting process looks: the next one is there within a second. */
const lookMs = 250
const beatMs = 2_000
/** Without a beat for this long the holder counts as frozen: four beats, and still less than 10 s with all that comes before and after. */
const frozenMs = 8_000

/**
 * The leases that one storage holds or waits for. The row is the truth, in the transaction of whoever writes: who holds
 * an old fence is refused there, however late it comes.
 */
export class WriterLeases {
  readonly #options: WriterLeasesOptions
  readonly #held = new Map<number, { readonly lose: () => void; readonly end: () => void }>()
  readonly #waiting = new Set<() => void>()
  #names: Promise<ProcessNames> | undefined
  #closing = false

  constructor(options: WriterLeasesOptions) {
    this.#options = options
  }

  /** Whether this storage has the newest lease that it knows of. */
  get holds(): boolean {
    return this.#held.size > 0
  }

  async acquire(owner: string, { steal = false, onWait, withdrawn }: LeaseRequest = {}): Promise<Lease> {
    const { read, write } = this.#options
    this.#names ??= processNames()
    const names = await this.#names
    const watch = new HolderWatch(this.#options.clock)
    let [wanted, told] = [true, false]
    void withdrawn?.then(() => {
      wanted = false
      this.#wake()
    })
    for (;;) {
      if (this.#closing) throw this.#options.closed()
      if (!wanted) throw new AgentSessionError('lease-held', `Another process writes ${this.#options.path}, and it is not waited for any more.`)
      const seen = steal ? undefined : await read(leaseOf)
      const free = seen === undefined || seen.beat === 0 || watch.frozen(seen) || names.isGone(seen.process)
      if (free) {
        const fence = await write((statements) => {
          const now = leaseOf(statements)
          // Somebody else may have been quicker.
          const same = steal || (now?.fence === seen?.fence && now?.beat === seen?.beat)
          return same ? fenceOf(statements.takeLease.get(owner, names.own)) : undefined
        })
        if (fence !== undefined) return this.#hold(fence)
        continue
      }
      if (!told) onWait?.(seen.owner)
      told = true
      await this.#pause()
    }
  }

  /** Inside the transaction that it guards. Throws `lease-lost` where a newer lease was given. */
  check(statements: Statements, given: number | undefined): void {
    if (given === undefined) return
    const newest = leaseOf(statements)
    if (newest === undefined || given >= newest.fence) return
    for (const [fence, { lose }] of this.#held) if (fence < newest.fence) lose()
    throw new AgentSessionError(
      'lease-lost',
      `Another writer (${newest.owner}) has taken ${this.#options.path} over: fence ${given} is older than ${newest.fence}.`,
    )
  }

  /** Gives back what is held, and ends the waiting. Never rejects: what could not be given back is free once this process is gone. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wake()
    await Promise.all([...this.#held.keys()].map((fence) => this.#release(fence).catch(() => {})))
  }

  #hold(fence: number): Lease {
    const { clock, write } = this.#options
    let timer: unknown
    const beat = (): void => {
      timer = clock.setTimeout(() => {
        write(({ beat }) => Number(beat.run(fence).changes) > 0).then(
          (mine) => (mine ? this.#held.has(fence) && beat() : this.#held.get(fence)?.lose()),
          // Locked or full: the next beat tries again, and whoever writes is told.
          () => this.#held.has(fence) && beat(),
        )
      }, beatMs)
    }
    const lost = new Promise<void>((resolve) => {
      const end = (): void => {
        this.#held.delete(fence)
        clock.clearTimeout(timer)
      }
      this.#held.set(fence, {
        end,
        lose: () => {
          end()
          resolve()
        },
      })
    })
    beat()
    return { fence, lost, release: () => this.#release(fence) }
  }

  async #release(fence: number): Promise<void> {
    const held = this.#held.get(fence)
    if (held === undefined) return
    held.end()
    await this.#options.write(({ freeLease }) => void freeLease.run(fence))
    this.#wake()
  }

  #pause(): Promise<void> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => go(), lookMs)
      const go = (): void => {
        this.#waiting.delete(go)
        clock.clearTimeout(timer)
        resolve()
      }
      this.#waiting.add(go)
    })
  }

  #wake(): void {
    for (const go of this.#waiting) go()
  }
}

/** How long a holder has shown no life, as one who looks again and again can tell: clocks of two processes are not compared. */
class HolderWatch {
  readonly #clock: Clock
  #last: LeaseRow | undefined
  #lookedAt = 0
  #stillMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  frozen(row: LeaseRow): boolean {
    const now = this.#clock.monotonic()
    const same = this.#last?.fence === row.fence && this.#last.beat === row.beat
    // Who looks may have been asleep itself, and the holder with it: that time counts for nothing.
    this.#stillMs = same ? this.#stillMs + Math.min(now - this.#lookedAt, 2 * lookMs) : 0
    this.#last = row
    this.#lookedAt = now
    return this.#stillMs >= frozenMs
  }
}

function leaseOf({ lease }: Pick<Statements, 'lease'>): LeaseRow | undefined {
  const row = lease.get()
  if (!isRow(row)) return undefined
  const { fence, owner, beat, process } = row
  return { fence: Number(fence), owner: String(owner), beat: isNumber(beat) ? beat : 0, process: String(process) }
}

const fenceOf = (row: unknown): number => (isRow(row) ? Number(row['fence']) : 0)
