import { AgentSessionError } from '../errors.ts'
import { systemClock } from '../defaults/system-clock.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import type { AgentTransport, Capabilities, PromptCommand, Reply, StartCommand } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import { field, textField } from '../raw-content.ts'
import { OwnedTimer } from '../timers/owned-timer.ts'
import { recordingFormat, recordingVersion } from './recording-line.ts'

/** How a recording is played. */
export interface ReplayOptions {
  /** Absent: the machine's own. */
  readonly clock?: Clock
  /** How many times as fast as it was; `Infinity` leaves out all waiting. Default 1. */
  readonly speed?: number
  /** What the replay says that it can. Absent: nothing beside start, prompt, stop and respond. */
  readonly capabilities?: Capabilities
}

/** A line of a recording that could not be read; the rest is played. */
export interface DamagedLine {
  /** From 1. */
  readonly line: number
  readonly reason: string
}

/** Plays a recording: the nth start or prompt of the store gets what the nth of the recording got. */
export interface ReplayTransport extends AgentTransport {
  /** How many times as fast as it was, from the next event on; may be set at any time. */
  speed: number
  /** Turns that are still to be played. */
  readonly remaining: number
  readonly damaged: readonly DamagedLine[]
}

interface Turn {
  readonly sessionId: string
  readonly run: string
  readonly at: number
  reply: Reply
  readonly events: { readonly at: number; readonly event: object }[]
}

/**
 * Sessions and runs have new names in each store, so the recorded ones are put right. A question is waited on no longer
 * than it was; a stop ends the turn. Throws `invalid-argument` for what is no recording, or of a newer version.
 */
export function createReplayTransport(lines: Iterable<string>, options: ReplayOptions = {}): ReplayTransport {
  const { clock = systemClock, speed = 1, capabilities = {} } = options
  const { turns, damaged } = readTurns(lines)
  const listeners = new Set<(event: AgentEvent) => void>()
  const playing = new Map<string, OwnedTimer>()
  const replay = { speed }

  function tell(event: object): void {
    // Recorded before it was checked; the store checks it as it did then.
    for (const listener of listeners) listener(event as AgentEvent)
  }

  function play(turn: Turn, { sessionId, run }: { sessionId: string; run: string }): void {
    const timer = new OwnedTimer(clock)
    playing.get(sessionId)?.clear()
    playing.set(sessionId, timer)
    const step = (index: number, before: number): void => {
      const next = turn.events[index]
      if (next === undefined) return void playing.delete(sessionId)
      timer.set((next.at - before) / replay.speed, () => {
        tell(renamed(next.event, turn, sessionId, run))
        step(index + 1, next.at)
      })
    }
    step(0, turn.at)
  }

  async function begin(command: StartCommand | PromptCommand): Promise<Reply> {
    const turn = turns.shift()
    if (turn === undefined) return { ok: false, error: 'The recording has no further turn.', code: 'not-supported' }
    if (turn.reply.ok) play(turn, command)
    return turn.reply
  }

  return {
    capabilities,
    damaged,
    get speed() {
      return replay.speed
    },
    set speed(value) {
      replay.speed = value
    },
    get remaining() {
      return turns.length
    },
    start: begin,
    prompt: begin,
    async stop({ sessionId }) {
      playing.get(sessionId)?.clear()
      playing.delete(sessionId)
      return { ok: true }
    },
    respond: () => Promise.resolve({ ok: true }),
    subscribe(listener) {
      const own = (event: AgentEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    async close() {
      for (const timer of playing.values()) timer.clear()
      listeners.clear()
    },
  }
}

function renamed(event: object, turn: Turn, sessionId: string, run: string): object {
  return {
    ...event,
    ...(field(event, 'sessionId') === turn.sessionId && { sessionId }),
    ...(field(event, 'run') === turn.run && { run }),
  }
}

function readTurns(lines: Iterable<string>): { turns: Turn[]; damaged: DamagedLine[] } {
  const turns: Turn[] = []
  const damaged: DamagedLine[] = []
  let number = 0
  for (const line of lines) {
    number += 1
    if (line.trim() === '') continue
    const entry = readLine(line)
    if (number === 1) checkHeader(entry)
    else if (entry === undefined) damaged.push({ line: number, reason: 'it is no JSON object' })
    else if (!take(turns, entry)) damaged.push({ line: number, reason: 'it is no line of a recording' })
  }
  if (number === 0) checkHeader(undefined)
  return { turns, damaged }
}

function readLine(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function checkHeader(header: object | undefined): void {
  if (field(header, 'format') !== recordingFormat) {
    throw new AgentSessionError('invalid-argument', 'This is no recording of a session: its first line is not the header of one.')
  }
  const version = field(header, 'version')
  if (typeof version !== 'number' || version > recordingVersion) {
    throw new AgentSessionError('invalid-argument', `This recording has version ${String(version)}; this library plays up to ${recordingVersion}. Update it.`)
  }
}

/** Puts a line where it belongs; false where it is none. */
function take(turns: Turn[], entry: object): boolean {
  const at = field(entry, 'at')
  if (typeof at !== 'number') return false
  const command = textField(entry, 'command')
  if (command === 'start' || command === 'prompt') {
    const [sessionId, run] = [textField(field(entry, 'with'), 'sessionId'), textField(field(entry, 'with'), 'run')]
    if (sessionId === undefined || run === undefined) return false
    turns.push({ sessionId, run, at, reply: { ok: true }, events: [] })
    return true
  }
  const event = field(entry, 'event')
  if (typeof event === 'object' && event !== null) {
    turnOf(turns, event)?.events.push({ at, event })
    return true
  }
  const turn = turns.at(-1)
  const reply = textField(entry, 'reply')
  if ((reply === 'start' || reply === 'prompt') && turn) turn.reply = readReply(field(entry, 'with'))
  return command !== undefined || reply !== undefined
}

/** The turn that an event came in: that of its run, else the last of its session, else the last of all. */
function turnOf(turns: readonly Turn[], event: object): Turn | undefined {
  const run = field(event, 'run')
  const sessionId = field(event, 'sessionId')
  return (
    turns.findLast((turn) => turn.run === run) ?? turns.findLast((turn) => turn.sessionId === sessionId) ?? turns.at(-1)
  )
}

function readReply(value: unknown): Reply {
  if (field(value, 'ok') === true) return { ok: true }
  const code = textField(value, 'code')
  return { ok: false, error: textField(value, 'error') ?? 'Refused.', ...(code !== undefined && { code }) }
}
