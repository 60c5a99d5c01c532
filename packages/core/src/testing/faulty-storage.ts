import { AgentSessionError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch, Lease, LeaseRequest, SessionStorage } from '../ports/session-storage.ts'

/** What is wrapped. */
export interface FaultyStorageOptions {
  /** What is really there. It stays open when the faulty one is closed, so that a test can open it again. */
  readonly storage: SessionStorage
  /** For `slow`. */
  readonly clock: Clock
}

/** Any storage with the faults that a test asks of it. Without any it does what the wrapped one does. */
export interface FaultyStorage extends SessionStorage {
  /** Every commit that was asked for, in order, also those that failed. */
  readonly commits: readonly CommitBatch[]
  /** Commits that have not settled, and the most there ever were at a time. */
  readonly committing: number
  /** The most commits that there ever were at a time. */
  readonly mostCommitting: number
  /** Operations from now on take `ms` of the clock before they begin; 0 ends it. */
  slow(ms: number): void
  /** The next `count` commits and deletions fail, and nothing of them is written. */
  failNext(count: number, error?: unknown): void
  /** The next `count` commits are written, and fail all the same: their answer was lost. */
  loseAnswers(count: number): void
  /** Every reading fails until `error` is `undefined`. */
  failReads(error: unknown): void
  /** Operations from now on never settle, until `release` lets them go on. */
  hang(): void
  /** Ends `hang`: what hung goes on, in order. */
  release(): void
  /** The process dies once `operations` more have been carried out: nothing after them is written, or ever answers, and its lease is free. */
  crash(operations?: number): void
  readonly closed: boolean
}

/** Wraps a storage; it does as the wrapped one until it is told to fail. */
export function createFaultyStorage({ storage, clock }: FaultyStorageOptions): FaultyStorage {
  const commits: CommitBatch[] = []
  const waiting: (() => void)[] = []
  let committing = 0
  let mostCommitting = 0
  let delayMs = 0
  let failures = 0
  let failure: unknown
  let lostAnswers = 0
  let readFailure: unknown
  let hanging = false
  let left = Number.POSITIVE_INFINITY
  let closed = false
  /** What ends with the process. */
  const ends: (() => unknown)[] = []

  const never = (): Promise<never> => new Promise(() => {})

  /** What stands before each operation. */
  async function pass(): Promise<void> {
    if (closed) throw new AgentSessionError('storage-closed', 'This storage is closed.')
    if (hanging) await new Promise<void>((resolve) => waiting.push(resolve))
    if (delayMs > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, delayMs))
    if (left <= 0) await never()
    left -= 1
  }

  /** What others see of a process that died. */
  function afterwards(): void {
    if (left <= 0) for (const end of ends.splice(0)) end()
  }

  async function read<Value>(work: () => Promise<Value>): Promise<Value> {
    await pass()
    if (readFailure !== undefined) throw readFailure
    return work().finally(afterwards)
  }

  async function lease(owner: string, request: LeaseRequest = {}): Promise<Lease> {
    await pass()
    const withdrawn = new Promise<void>((withdraw) => {
      ends.unshift(withdraw)
      void request.withdrawn?.then(withdraw)
    })
    const granted = await (storage.acquire?.(owner, { ...request, withdrawn }) ?? never())
    ends.push(() => granted.release())
    afterwards()
    return granted
  }

  async function write(work: () => Promise<void>): Promise<void> {
    await pass()
    if (failures > 0) {
      failures -= 1
      throw failure
    }
    await work().finally(afterwards)
    if (lostAnswers === 0) return
    lostAnswers -= 1
    throw new AgentSessionError('storage-failed', 'The answer of the storage was lost.')
  }

  const { acquire, loadCursor, onChange, search } = storage
  return {
    ...(storage.atomic === false && { atomic: false as const }),
    commits,
    get committing() {
      return committing
    },
    get mostCommitting() {
      return mostCommitting
    },
    get closed() {
      return closed
    },
    slow: (ms) => void (delayMs = ms),
    failNext(count, error = new AgentSessionError('storage-failed', 'This storage fails as it was told to.')) {
      failures = count
      failure = error
    },
    loseAnswers: (count) => void (lostAnswers = count),
    failReads: (error) => void (readFailure = error),
    hang: () => void (hanging = true),
    release() {
      hanging = false
      for (const go of waiting.splice(0)) go()
    },
    crash(operations = 0) {
      left = operations
      afterwards()
    },

    ...(acquire && { acquire: lease }),
    async commit(batch) {
      commits.push(batch)
      committing += 1
      mostCommitting = Math.max(mostCommitting, committing)
      try {
        await write(() => storage.commit(batch))
      } finally {
        committing -= 1
      }
    },
    lastSession: (projectId) => read(() => storage.lastSession(projectId)),
    listSessions: (projectId, page) => read(() => storage.listSessions(projectId, page)),
    loadSession: (sessionId) => read(() => storage.loadSession(sessionId)),
    loadMessages: (sessionId, range) => read(() => storage.loadMessages(sessionId, range)),
    deleteSessions: (sessionIds, fence) => write(() => storage.deleteSessions(sessionIds, fence)),
    ...(onChange && { onChange: (listener: (sessionIds: readonly string[]) => void) => onChange.call(storage, listener) }),
    ...(loadCursor && { loadCursor: (sessionId: string) => read(() => loadCursor.call(storage, sessionId)) }),
    ...(search && { search: (...args: Parameters<typeof search>) => read(() => search.apply(storage, args)) }),
    async close() {
      closed = true
    },
  }
}
