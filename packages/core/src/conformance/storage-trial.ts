import { nextMacrotask, waitingClock } from '../defaults/system-clock.ts'
import { AgentSessionError, errorText } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import { within } from '../timers/deadline.ts'
import type { StorageSetup } from './storage-setup.ts'

const defaultPatienceMs = 10_000

/** A storage on trial: each call of each storage that is opened is watched, and all of them are closed at the end. */
export class StorageTrial {
  readonly setup: StorageSetup
  readonly #opened: SessionStorage[] = []
  /** What no method may do, seen in calls whose outcome a case does not look at. */
  readonly #broken: Error[] = []

  constructor(setup: StorageSetup) {
    this.setup = setup
  }

  /** Over a fresh database. */
  async open(): Promise<SessionStorage> {
    return this.#watched(await this.#soon('open of the setup', this.setup.open()))
  }

  /** Once more, after a close; `undefined` where nothing outlives the storage. */
  async reopen(): Promise<SessionStorage | undefined> {
    return this.setup.reopen && this.#watched(await this.#soon('reopen of the setup', this.setup.reopen()))
  }

  /** A second storage beside the first; `undefined` where the database is not shared. */
  async another(): Promise<SessionStorage | undefined> {
    return this.setup.shared === true ? this.reopen() : undefined
  }

  /** What a crash would leave; `undefined` where there is no telling. */
  async crash(): Promise<SessionStorage | undefined> {
    return this.setup.crash ? this.#watched(await this.#soon('crash of the setup', this.setup.crash())) : this.another()
  }

  /** Rejects where it takes too long; `what` is to read on: "… never came". */
  async until<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    const settled = await within(this.#clock, this.#patienceMs, promise)
    if (!settled.timely) throw new Error(`${what} never came (waited for ${this.#patienceMs} ms)`)
    return settled.value
  }

  /** Lets all happen that can happen at once. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await nextMacrotask()
  }

  /**
   * What the quickest of some calls takes, in ms, for each of two kinds: by turns, so that what the machine does beside it
   * meets both, and is in the slower ones.
   */
  async quickest(times: number, one: (time: number) => Promise<unknown>, other: (time: number) => Promise<unknown>): Promise<[number, number]> {
    const best: [number, number] = [Infinity, Infinity]
    for (let time = 0; time < times; time += 1) {
      for (const [index, call] of [[0, one], [1, other]] as const) {
        const began = this.#clock.monotonic()
        await call(time)
        best[index] = Math.min(best[index], this.#clock.monotonic() - began)
      }
    }
    return best
  }

  /** The first call that did what no method may do, whatever it was called for. */
  get broken(): Error | undefined {
    return this.#broken[0]
  }

  async end(): Promise<void> {
    for (const storage of this.#opened.splice(0)) await storage.close?.()
    if (this.broken) throw this.broken
  }

  get #clock(): Clock {
    return this.setup.clock ?? waitingClock
  }

  get #patienceMs(): number {
    return this.setup.patienceMs ?? defaultPatienceMs
  }

  #soon<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    return this.until(`the end of ${what}`, promise)
  }

  #watched(storage: SessionStorage): SessionStorage {
    const calls = new Map<string | symbol, unknown>()
    const watched = new Proxy(storage, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function' || typeof name === 'symbol' || name === 'onChange') return bound(target, method)
        const call = calls.get(name) ?? ((...given: unknown[]) => this.#call(target, name, (all) => Reflect.apply(method, target, all), given))
        calls.set(name, call)
        return call
      },
    })
    this.#opened.push(watched)
    return watched
  }

  /** A method gives a promise, which settles in time, and rejects with the library's own error only. */
  async #call(storage: SessionStorage, name: string, call: (given: readonly unknown[]) => unknown, given: readonly unknown[]): Promise<unknown> {
    let waits = (): void => {}
    // Whoever is told to wait for a lease has no right to get it soon.
    const isTold = new Promise<true>((resolve) => (waits = () => resolve(true)))
    let promise: unknown
    try {
      promise = call(name === 'acquire' ? tellingToo(given, waits) : given)
    } catch (cause) {
      throw this.#breaks(`${name} threw instead of rejecting: ${errorText(cause)}`, cause)
    }
    if (!isThenable(promise)) throw this.#breaks(`${name} gave ${String(promise)}, where it had to give a promise`)
    const settled = this.#checked(name, promise, storage.atomic === false)
    const inTime = await within(this.#clock, this.#patienceMs, Promise.race([settled.then(() => true, () => true), isTold]))
    if (!inTime.timely) throw this.#breaks(`${name}(${listed(given)}) never settled (waited for ${this.#patienceMs} ms)`)
    return settled
  }

  async #checked(name: string, promise: PromiseLike<unknown>, mayLack: boolean): Promise<unknown> {
    try {
      return await promise
    } catch (reason) {
      const code: unknown = AgentSessionError.isInstance(reason) ? Reflect.get(reason, 'code') : undefined
      if (typeof code === 'string' && /^(storage|lease)-/.test(code)) throw reason
      // A storage over an old host need not be able to do all of it.
      if (mayLack && code === 'not-supported') throw reason
      throw this.#breaks(`${name} rejected with "${errorText(reason)}"${code === undefined ? '' : ` (${String(code)})`}, which is no AgentSessionError of a code that begins with storage- or lease-`, reason)
    }
  }

  #breaks(text: string, cause?: unknown): Error {
    const error = new Error(text, { cause })
    this.#broken.push(error)
    return error
  }
}

const bound = (target: object, value: unknown): unknown => (typeof value === 'function' ? value.bind(target) : value)

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** The same request for a lease, that calls `tell` too when it has to wait. */
function tellingToo([owner, request]: readonly unknown[], tell: () => void): readonly unknown[] {
  const onWait: unknown = Reflect.get(Object(request), 'onWait')
  const told = (holder: unknown): void => {
    tell()
    if (typeof onWait === 'function') onWait(holder)
  }
  return [owner, { ...Object(request), onWait: told }]
}

/** Ids tell where it was; batches are too long. */
const listed = (given: readonly unknown[]): string => given.filter((one) => typeof one === 'string').map((one) => JSON.stringify(one)).join(', ')
