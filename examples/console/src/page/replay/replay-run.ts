import { animationFrame, createAgentStore, type AgentSession, type AgentStore } from '@agent-session/core'
import { createReplayTransport } from '@agent-session/core/recording'
import { ReplayClock } from './replay-clock.ts'
import type { SessionReplay } from './session-replay.ts'

/** What of a real agent may take its time takes none here: no wait of then is a failure of now. */
const never = 1e12
/** What was cut when it was kept is not cut again. */
const unbounded = Number.MAX_SAFE_INTEGER
const limits = {
  commitTimeoutMs: never,
  startTimeoutMs: never,
  replyTimeoutMs: never,
  settingsTimeoutMs: never,
  cleanupMs: never,
  toolOutputLines: unbounded,
  toolOutputCharacters: unbounded,
}
/** Longer than a frame nothing is held up. */
const mostWorkMs = 10

/**
 * A session that happens again, once from its beginning: a store of its own on what was told then, with the time of a
 * replay. Nothing of it is kept anywhere.
 */
export class ReplayRun {
  readonly session: AgentSession
  readonly #replay: SessionReplay
  readonly #store: AgentStore
  readonly #clock: ReplayClock
  #prompts = 0
  #ended = false
  /** One goes on at a time: a prompt is on its way for a moment. */
  #going: Promise<unknown> = Promise.resolve()

  private constructor(replay: SessionReplay, store: AgentStore, clock: ReplayClock, session: AgentSession) {
    this.#replay = replay
    this.#store = store
    this.#clock = clock
    this.session = session
  }

  static async begin(replay: SessionReplay, schedule = animationFrame): Promise<ReplayRun> {
    const clock = new ReplayClock((at) => replay.wallTime(at))
    // The same names each time: what is shown of a message stays when the replay goes back.
    let names = 0
    const newId = (): string => `replay-${(names += 1)}`
    const store = createAgentStore({ transport: createReplayTransport(replay.lines, { clock }), clock, limits, newId, schedule })
    const taken = await store.importSession({ record: replay.record, messages: replay.opening })
    const session = taken.ok ? await store.openSession(taken.sessionId) : undefined
    if (session !== undefined) return new ReplayRun(replay, store, clock, session)
    await store.dispose()
    throw new Error(taken.ok ? 'The session is not there.' : taken.error)
  }

  /** How far it is, in ms from the beginning. */
  get at(): number {
    return this.#clock.monotonic()
  }

  /** The wall clock of then. */
  now(): number {
    return this.#clock.now()
  }

  /** Timers that wait for the replay's time. */
  get pending(): number {
    return this.#clock.pending
  }

  /** Lets all happen that happened up to then; resolves to whether it got there. `pause` is waited for now and then, so that the page lives. */
  goTo(at: number, pause: () => Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
    const gone = this.#going.then(() => this.#goTo(at, pause, signal))
    this.#going = gone.catch(() => {})
    return gone
  }

  /** Ends it, with all its timers. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#store.dispose()
  }

  async #goTo(at: number, pause: () => Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
    let since = performance.now()
    const isWanted = (): boolean => !this.#ended && signal?.aborted !== true
    while (isWanted()) {
      const prompt = this.#replay.prompts[this.#prompts]
      const due = this.#clock.due ?? Infinity
      if (prompt !== undefined && prompt.at <= due && prompt.at <= at) await this.#say(prompt.at, prompt.text)
      else if (due <= at) this.#clock.runNext()
      else {
        this.#clock.goTo(at)
        return true
      }
      if (performance.now() - since < mostWorkMs) continue
      await pause()
      since = performance.now()
    }
    return false
  }

  async #say(at: number, text: string): Promise<void> {
    this.#clock.goTo(at)
    this.#prompts += 1
    // One that was refused then is refused again: its message says so.
    await this.#store.promptSession(this.session.sessionId, text)
  }
}
