import { AgentSessionError } from '../errors.ts'
import type { Lease, LeaseRequest } from '../ports/session-storage.ts'

interface Waiter {
  readonly owner: string
  readonly grant: (lease: Lease) => void
  readonly refuse: (error: AgentSessionError) => void
}

/**
 * Who gets the lease of a storage in memory while another owner holds it. `take`: whoever asks for the first time, for no
 * process but this one can reach it, and the other owner is what a restart left behind; one that lost it waits. `wait`:
 * nobody, as with a storage that processes share.
 */
export type MemoryLeasing = 'take' | 'wait'

/** The leases of a storage that nobody outside this process can reach. Who waits is served in the order of asking. */
export class MemoryLeases {
  readonly #leasing: MemoryLeasing
  readonly #superseded = new Set<string>()
  #fence = 0
  #holder: { readonly owner: string; readonly lose: () => void } | undefined
  #waiting: Waiter[] = []

  constructor(leasing: MemoryLeasing) {
    this.#leasing = leasing
  }

  acquire(owner: string, { steal = false, onWait, withdrawn }: LeaseRequest = {}): Lease | Promise<Lease> {
    const takes = steal || (this.#leasing === 'take' && !this.#superseded.has(owner))
    if (this.#holder === undefined || takes) return this.#give(owner)
    const { owner: holder } = this.#holder
    return new Promise((grant, refuse) => {
      const waiter = { owner, grant, refuse }
      this.#waiting.push(waiter)
      onWait?.(holder)
      void withdrawn?.then(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        refuse(new AgentSessionError('lease-held', `${holder} writes this storage, and it is not waited for any more.`))
      })
    })
  }

  /** Throws `lease-lost` for the fence of an older lease than the newest. */
  check(fence: number | undefined): void {
    if (fence === undefined || fence >= this.#fence) return
    throw new AgentSessionError('lease-lost', `Another writer has taken this storage over: fence ${fence} is older than ${this.#fence}.`)
  }

  /** Ends all waiting. */
  end(error: AgentSessionError): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(error)
  }

  #give(owner: string): Lease {
    if (this.#holder !== undefined) this.#superseded.add(this.#holder.owner)
    this.#superseded.delete(owner)
    this.#holder?.lose()
    this.#fence += 1
    let lose = (): void => {}
    const lost = new Promise<void>((resolve) => (lose = resolve))
    const holder = { owner, lose }
    this.#holder = holder
    return {
      fence: this.#fence,
      lost,
      release: async () => {
        if (this.#holder !== holder) return
        this.#holder = undefined
        const next = this.#waiting.shift()
        next?.grant(this.#give(next.owner))
      },
    }
  }
}
