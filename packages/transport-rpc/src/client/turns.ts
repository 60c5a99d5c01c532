import type { Clock } from '@agent-session/core'

/** Ms that the closing word of a stopped run is waited for, where the next one has begun meanwhile. */
const closingWordMs = 10_000

/** A run that is under way. */
export interface Turn {
  readonly run: string
  /** The host has said that it took the prompt. */
  accepted: boolean
  /** A stop is on its way, or was agreed to. */
  stopping: boolean
  /** Something came that only this run can have said. */
  heard: boolean
}

interface SessionTurns {
  turn: Turn | undefined
  /** The newest run that is over; absent before the first. */
  last: string | undefined
  /** A run was stopped and the host has not told its end: until this time, on the monotonic clock, it may come. */
  owedUntil: number
}

/**
 * Which run an event belongs to. The wire does not say; but a page has one run of a session at a time, so that what
 * comes is of the one that is under way, else of the last one.
 */
export class Turns {
  readonly #clock: Clock
  readonly #sessions = new Map<string, SessionTurns>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `undefined` where another run is under way that nobody stops. One whose stop was not answered makes way. */
  begin(sessionId: string, run: string): Turn | undefined {
    const session = this.#sessions.get(sessionId) ?? { turn: undefined, last: undefined, owedUntil: 0 }
    if (session.turn?.stopping === false) return undefined
    if (session.turn !== undefined) this.#close(session, true)
    const turn = { run, accepted: false, stopping: false, heard: false }
    this.#sessions.set(sessionId, Object.assign(session, { turn }))
    return turn
  }

  current(sessionId: string): Turn | undefined {
    return this.#sessions.get(sessionId)?.turn
  }

  /** The run that what comes now is told under; `undefined` where this page has begun none. */
  runOf(sessionId: string): string | undefined {
    const session = this.#sessions.get(sessionId)
    return session?.turn?.run ?? session?.last
  }

  /** Whether anything of this session was begun here. */
  knows(sessionId: string): boolean {
    return this.#sessions.has(sessionId)
  }

  /** Something came: of the run under way where the host has taken its prompt. `begun`: no run says this after its stop. */
  hear(sessionId: string, begun = false): void {
    const turn = this.current(sessionId)
    if (turn !== undefined && (begun || turn.accepted)) turn.heard = true
  }

  /** The run is over. `owing`: the host agreed to a stop and has not told the end itself. `false` where it was over before. */
  end(sessionId: string, turn: Turn, owing = false): boolean {
    const session = this.#sessions.get(sessionId)
    if (session?.turn !== turn) return false
    this.#close(session, owing)
    return true
  }

  /**
   * The run that a closing word ends, which is over by then; `undefined` where it is the late word of one that is over.
   * What a stopped run still owes comes before anything that the next one says.
   */
  closes(sessionId: string): Turn | undefined {
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return undefined
    const { turn, owedUntil } = session
    session.owedUntil = 0
    if (turn === undefined || (owedUntil > this.#clock.monotonic() && !turn.heard)) return undefined
    this.#close(session, false)
    return turn
  }

  /** The sessions with a run under way. */
  running(): string[] {
    return [...this.#sessions].filter(([, { turn }]) => turn !== undefined).map(([sessionId]) => sessionId)
  }

  clear(): void {
    this.#sessions.clear()
  }

  #close(session: SessionTurns, owing: boolean): void {
    session.last = session.turn?.run
    session.turn = undefined
    session.owedUntil = owing ? this.#clock.monotonic() + closingWordMs : 0
  }
}
