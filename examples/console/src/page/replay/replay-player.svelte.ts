import { agentSession } from '@agent-session/adapter-svelte'
import { errorText, type AgentSession, type SessionMessage, type SessionRecord } from '@agent-session/core'
import { ReplayRun } from './replay-run.ts'
import { countUpTo, replayMessages, type SessionReplay } from './session-replay.ts'

/** The frames of the browser, or of a test. */
export interface Frames {
  request(run: (now: number) => void): number
  cancel(frame: number): void
}

const browserFrames: Frames = { request: (run) => requestAnimationFrame(run), cancel: (frame) => cancelAnimationFrame(frame) }

/** A tab that was hidden for an hour does not go on an hour later. */
const longestFrameMs = 250
/** How often it is told in words where it is while it plays: a screen reader says each. */
const tellMs = 2_000

/**
 * Plays a session: by frames of the browser, at any speed, from anywhere. To go back is to begin again and to go on to
 * there out of sight. Close it when it is no longer shown: it leaves no frame and no timer behind.
 */
export class ReplayPlayer {
  readonly #record: SessionRecord
  readonly #messages: readonly SessionMessage[]
  readonly #frames: Frames
  #replay: SessionReplay
  #run = $state.raw<ReplayRun>()
  #position = $state(0)
  #told = $state(0)
  #playing = $state(false)
  #seeking = $state(false)
  #skipPauses = $state(true)
  #failure = $state<string>()
  #going: AbortController | undefined
  #frame: number | undefined
  #closed = false
  /** How many times as fast as it was. */
  speed = $state(1)

  constructor(record: SessionRecord, messages: readonly SessionMessage[], frames = browserFrames) {
    this.#record = record
    this.#messages = messages
    this.#frames = frames
    this.#replay = $state.raw(replayMessages(record, messages, { skipPauses: true }))
  }

  /** As it stands then; `undefined` until it has begun. */
  get session(): AgentSession | undefined {
    return this.#run && agentSession(this.#run.session)
  }

  /** In ms from the beginning, as the others. */
  get position(): number {
    return this.#position
  }

  /** The position, moved on less often while it plays: for words. */
  get told(): number {
    return this.#told
  }

  get lengthMs(): number {
    return this.#replay.lengthMs
  }

  get playing(): boolean {
    return this.#playing
  }

  get atEnd(): boolean {
    return this.#position >= this.#replay.lengthMs
  }

  /** It is on its way to another place. */
  get seeking(): boolean {
    return this.#seeking
  }

  /** Why it does not play, for people. */
  get failure(): string | undefined {
    return this.#failure
  }

  get skipPauses(): boolean {
    return this.#skipPauses
  }

  get messageCount(): number {
    return this.#replay.wholeAt.length
  }

  /** Messages that were not told, since no agent tells them. */
  get untold(): number {
    return this.#replay.untold
  }

  /** How many messages are whole then. */
  messagesAt(at: number): number {
    const { wholeAt } = this.#replay
    return countUpTo(wholeAt.length, (index) => (wholeAt[index] ?? Infinity) <= at)
  }

  /** The wall clock of then, in epoch ms. */
  wallTime(at: number): number {
    return this.#replay.wallTime(at)
  }

  play(): void {
    if (this.#playing || this.#closed) return
    this.#playing = true
    if (this.atEnd) this.seek(0)
    let before: number | undefined
    let told: number | undefined
    const frame = (now: number): void => {
      this.#frame = undefined
      if (!this.#playing) return
      const passed = before === undefined ? 0 : Math.min(now - before, longestFrameMs)
      before = now
      if (this.#going === undefined) void this.#goTo(this.#position + passed * this.speed)
      told ??= now
      if (now - told >= tellMs) {
        told = now
        this.#told = this.#position
      }
      if (this.atEnd) return this.pause()
      this.#frame = this.#frames.request(frame)
    }
    this.#frame = this.#frames.request(frame)
  }

  pause(): void {
    this.#playing = false
    this.#told = this.#position
    if (this.#frame !== undefined) this.#frames.cancel(this.#frame)
    this.#frame = undefined
  }

  /** Goes to a place, forward or back; what was asked for before is given up. */
  seek(at: number): void {
    this.#seeking = true
    void this.#goTo(at)
    this.#told = this.#position
  }

  /** To where the next message is whole, and pauses there. */
  stepForward(): void {
    this.pause()
    this.seek(this.#replay.wholeAt[this.messagesAt(this.#position)] ?? this.lengthMs)
  }

  /** To where the message before the newest is whole, and pauses there. */
  stepBack(): void {
    this.pause()
    const { beginsAt, wholeAt } = this.#replay
    const begun = countUpTo(beginsAt.length, (index) => (beginsAt[index] ?? Infinity) <= this.#position)
    this.seek(wholeAt[begun - 2] ?? 0)
  }

  /** Whether pauses are left out; it stays at the message where it is. */
  leaveOutPauses(skipPauses: boolean): void {
    const heard = this.messagesAt(this.#position)
    const ended = this.atEnd
    this.#skipPauses = skipPauses
    this.#replay = replayMessages(this.#record, this.#messages, { skipPauses })
    const run = this.#run
    this.#giveUp()
    this.#run = undefined
    void run?.end()
    this.seek(ended ? this.lengthMs : (this.#replay.wholeAt[heard - 1] ?? 0))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.pause()
    this.#giveUp()
    await this.#run?.end()
  }

  #giveUp(): void {
    this.#going?.abort()
    this.#going = undefined
  }

  async #goTo(wanted: number): Promise<void> {
    this.#giveUp()
    const going = new AbortController()
    this.#going = going
    const at = Math.max(0, Math.min(wanted, this.lengthMs))
    this.#position = at
    const before = this.#run
    const replay = this.#replay
    try {
      const run = before === undefined || before.at > at ? await ReplayRun.begin(replay) : before
      const there = await run.goTo(at, () => this.#nextFrame(), going.signal)
      if (run === before) return
      if (!there || going.signal.aborted || this.#closed) return void (await run.end())
      this.#run = run
      await before?.end()
    } catch (thrown) {
      this.#failure = errorText(thrown)
      this.pause()
    } finally {
      if (this.#going === going) {
        this.#going = undefined
        this.#seeking = false
      }
    }
  }

  #nextFrame(): Promise<void> {
    return new Promise((resolve) => this.#frames.request(() => resolve()))
  }
}
