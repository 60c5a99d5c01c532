import type { SessionMessage, SessionRecord } from '@agent-session/core'
import { recordingFormat, recordingVersion } from '@agent-session/core/recording'

/** A prompt of the person, to be given when its time comes. */
interface ReplayPrompt {
  /** Ms from the beginning. */
  readonly at: number
  readonly text: string
}

/** A session as it happened, made ready to be played. All times are in ms from its beginning. */
export interface SessionReplay {
  /** The session before its first prompt. */
  readonly record: SessionRecord
  /** What was there before the first prompt. */
  readonly opening: readonly SessionMessage[]
  /** Rising. */
  readonly prompts: readonly ReplayPrompt[]
  /** What the agent told, as a recording: a turn for each prompt. */
  readonly lines: readonly string[]
  /** When each message begins, rising. */
  readonly beginsAt: readonly number[]
  /** When each message is whole: before the next begins. */
  readonly wholeAt: readonly number[]
  readonly lengthMs: number
  /** Messages that no agent tells, such as one of the system in another program's words. */
  readonly untold: number
  /** The wall clock of then, in epoch ms. */
  wallTime(at: number): number
}

/** What came at the same time, as far as is known, comes one after the other all the same: nobody reads two things at once. */
const leastGapMs = 300
/** A pause that is left out is not left out whole: that there was one is seen. */
const pauseMs = 1_500
/** How long a text is written, since the times of its words are kept nowhere: so long for each of its characters, at most… */
const characterMs = 6
const longestTextMs = 4_000
/** The next thing begins after its end. */
const breathMs = 40
const pieceMs = 100
const mostPieces = 24

/**
 * The messages of a session by their times. When a message began is kept, when its words came is not: they come evenly
 * until the next one begins. `skipPauses`: what waited for a person or a slow tool is not waited for again.
 */
export function replayMessages(session: SessionRecord, messages: readonly SessionMessage[], { skipPauses }: { readonly skipPauses: boolean }): SessionReplay {
  const first = messages.findIndex(isPrompt)
  const opening = first === -1 ? messages : messages.slice(0, first)
  const played = first === -1 ? [] : messages.slice(first)
  const places = placesOf(played, skipPauses)
  const { lines, prompts, untold } = linesOf(session, places)
  const wholeAt = places.map(({ whole }) => whole)
  return {
    record: beforeItsFirstPrompt(session, opening),
    opening,
    prompts,
    lines,
    beginsAt: places.map(({ at }) => at),
    wholeAt,
    lengthMs: (wholeAt.at(-1) ?? 0) + breathMs,
    untold,
    wallTime(at) {
      const index = Math.max(0, countUpTo(places.length, (place) => (places[place]?.at ?? Infinity) <= at) - 1)
      const place = places[index]
      if (place === undefined) return opening.at(-1)?.timestamp ?? session.createdAt
      return Math.min(place.time + at - place.at, places[index + 1]?.time ?? Infinity)
    },
  }
}

/** The person's own words to the agent itself: what a sub-agent is asked stands under its call. */
const isPrompt = ({ role, parentId }: SessionMessage): boolean => role === 'user' && parentId === undefined

interface Place {
  readonly message: SessionMessage
  /** When it begins. */
  readonly at: number
  readonly whole: number
  /** When it began then, in epoch ms; it never goes back. */
  readonly time: number
}

function placesOf(messages: readonly SessionMessage[], skipPauses: boolean): readonly Place[] {
  const places: Place[] = []
  let at = 0
  let time = messages[0]?.timestamp ?? 0
  for (const [index, message] of messages.entries()) {
    const nextTime = Math.max(time, messages[index + 1]?.timestamp ?? time + longestTextMs)
    const text = isText(message) ? Math.min(longestTextMs, message.content.length * characterMs) : 0
    const wait = Math.max(leastGapMs, nextTime - time)
    const gap = skipPauses ? Math.min(wait, text + pauseMs) : wait
    places.push({ message, at, whole: at + Math.min(text, gap - 2 * breathMs), time })
    at += gap
    time = nextTime
  }
  return places
}

const isText = ({ role }: SessionMessage): boolean => role === 'assistant' || role === 'thinking'

/** How many of so many pass; those that do come before those that do not. */
export function countUpTo(length: number, passes: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(middle)) low = middle + 1
    else high = middle
  }
  return low
}

function beforeItsFirstPrompt(session: SessionRecord, opening: readonly SessionMessage[]): SessionRecord {
  // What it may use was for the agent of then; how it ended and what it cost is still to come.
  const { run: _run, endReason: _reason, error: _error, budget: _budget, limits: _limits, continuity: _continuity, contextUsed: _context, open: _open, ...rest } = session
  const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }
  return { ...rest, ...usage, usageBeforeRun: usage, status: 'idle', plan: [], permissions: [], queue: [], turns: 0, lastSeqId: opening.at(-1)?.seqId ?? 0 }
}

/** Of the recording; the store that plays it names them anew. */
const recordedSession = 'recorded'

function linesOf(session: SessionRecord, places: readonly Place[]) {
  const lines = [JSON.stringify({ format: recordingFormat, version: recordingVersion, startedAt: places[0]?.time ?? session.createdAt })]
  const prompts: ReplayPrompt[] = []
  let untold = 0
  let turn: { readonly run: string; readonly agentRun: string | undefined; last: Place; ends: TurnEnd } | undefined

  const tell = (at: number, run: string, event: object): void => void lines.push(JSON.stringify({ at, event: { ...event, sessionId: recordedSession, run } }))
  const endTurn = (end?: TurnEnd): void => {
    if (turn !== undefined) tell(turn.last.whole + breathMs / 2, turn.run, { type: 'status', ...(end ?? turn.ends) })
  }

  for (const place of places) {
    const { message, at } = place
    const isSteered = turn !== undefined && message.run !== undefined && message.run === turn.agentRun
    if (isPrompt(message) && !isSteered) {
      endTurn()
      const run = `run-${prompts.length + 1}`
      const failed = message.delivery === 'failed'
      lines.push(JSON.stringify({ at, command: 'prompt', with: { sessionId: recordedSession, run } }))
      lines.push(JSON.stringify({ at, reply: 'prompt', with: failed ? { ok: false, error: 'It did not reach the agent.' } : { ok: true } }))
      prompts.push({ at, text: message.content })
      turn = failed ? undefined : { run, agentRun: message.run, last: place, ends: { status: 'done' } }
    } else if (turn === undefined) {
      // After a prompt that did not arrive nothing is told.
      untold += 1
    } else {
      const told = eventsOf(place)
      if (told.length === 0) untold += 1
      for (const { at: then, event } of told) tell(then, turn.run, event)
      turn.last = place
      turn.ends = endOf(message, turn.ends)
    }
  }
  // Of the last turn it is known how it ended; one that is still under way goes on.
  if (session.status !== 'running') endTurn({ status: session.status === 'error' ? 'error' : 'done', ...(session.endReason !== undefined && { reason: session.endReason }), ...(session.error !== undefined && { error: session.error }) })
  return { lines, prompts, untold }
}

interface TurnEnd {
  readonly status: 'done' | 'error'
  readonly reason?: string
  readonly error?: string
}

/** How a turn ended is not kept, but seen of what it left. */
function endOf({ role, content, isError, cut, toolState }: SessionMessage, before: TurnEnd): TurnEnd {
  if (role === 'system' && isError) return { status: 'error', error: withoutLabel(content) }
  return cut || toolState === 'cancelled' ? { status: 'done', reason: 'stopped' } : before
}

const withoutLabel = (content: string): string => content.replace(/^Error: /, '')

interface Told {
  readonly at: number
  readonly event: object
}

/** How an agent tells of a message; nothing where none does. */
function eventsOf({ message, at, whole, time }: Place): readonly Told[] {
  const { id, role, content, parentId, toolCallId, isError } = message
  const under = { ...(parentId !== undefined && { parentId }) }
  const raw = (type: string, body: object): readonly Told[] => [{ at, event: { type: 'message', messages: [{ id, type, content: body, timestamp: time, ...under }] } }]
  const paired = { ...(toolCallId !== undefined && { toolCallId }) }
  switch (role) {
    case 'user':
      return raw('user', { text: content })
    case 'assistant':
      return textEvents(message, 'text', at, whole)
    case 'thinking':
      return textEvents(message, 'thinking', at, whole)
    case 'tool-call':
      return raw('tool_call', { name: message.toolName ?? 'Tool', input: inputOf(message), ...paired })
    case 'tool-result':
      return raw('tool_result', { output: content, ...paired, ...(isError && { isError }) })
    case 'system': {
      if (isError) return raw('error', { message: withoutLabel(content) })
      const model = /^Session initialized(?: \((.*)\))?$/.exec(content)
      return model === null ? [] : raw('init', { model: model[1] ?? '' })
    }
  }
}

function inputOf({ toolInput }: SessionMessage): unknown {
  if (toolInput === undefined) return undefined
  try {
    return JSON.parse(toolInput)
  } catch {
    // Cut, or blacked out: as it stands.
    return toolInput
  }
}

function textEvents({ id, content, parentId, cut }: SessionMessage, kind: 'text' | 'thinking', at: number, whole: number): readonly Told[] {
  const count = Math.max(1, Math.min(mostPieces, Math.ceil((whole - at) / pieceMs)))
  const told: Told[] = []
  let from = 0
  for (let piece = 1; piece <= count; piece += 1) {
    const to = piece === count ? content.length : wholeCharacter(content, Math.round((content.length * piece) / count))
    if (to === from && piece < count) continue
    told.push({ at: at + ((whole - at) * (piece - 1)) / count, event: { type: 'delta', id, kind, offset: from, text: content.slice(from, to), ...(parentId !== undefined && { parentId }) } })
    from = to
  }
  // What was cut off then is cut off by the end of its turn.
  return cut ? told : [...told, { at: whole, event: { type: 'message-end', id } }]
}

const wholeCharacter = (text: string, at: number): number => (/[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at)
