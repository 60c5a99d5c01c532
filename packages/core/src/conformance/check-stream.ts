import { errorText } from '../errors.ts'
import { parseEvent } from '../route/parse-event.ts'
import { playStream, type PlayedStream } from './play-stream.ts'
import { brokenRules } from './session-rules.ts'
import type { ExpectedEnd, RecordedStream } from './stream-fold.ts'

export interface CheckStreamOptions {
  /** How the whole stream must end. Absent: in any way. */
  readonly end?: ExpectedEnd
  /** How many cuts are tried, spread over the stream. Absent: one at every line. */
  readonly cuts?: number
}

/**
 * Plays a recorded stream whole, cut after every line, and with every line doubled (prompts excepted), and rejects
 * with the first rule that does not hold: seqIds from 1 without holes but for what was retracted; each tool result
 * has its call; nothing streams, runs or asks after the end; no error is an answer; the person's messages are what
 * the person sent, and in a session that was told again nothing is made up either; every event is one that the store
 * takes. Gives the whole stream as it was played, for what else its test wants to see.
 */
export async function checkStream<Line>(stream: RecordedStream<Line>, { end = {}, cuts = stream.lines.length }: CheckStreamOptions = {}): Promise<PlayedStream> {
  const whole = await sound(stream, 'the whole stream')
  expectEnd(whole, end)
  const step = Math.max(1, stream.lines.length / Math.max(1, cuts))
  for (let at = 0; at < stream.lines.length; at += step) {
    const length = Math.floor(at)
    await sound({ ...stream, lines: stream.lines.slice(0, length) }, `the stream cut after ${length} lines`)
  }
  const lines = stream.lines.flatMap((line) => (stream.promptOf?.(line) === undefined ? [line, line] : [line]))
  const doubled = await sound({ ...stream, lines }, 'the stream with every line doubled')
  const [once, twice] = [outlineOf(whole), outlineOf(doubled)]
  if (once !== twice) throw new Error(`the stream with every line doubled: it ends as ${twice}, where it ended as ${once}`)
  return whole
}

async function sound<Line>(stream: RecordedStream<Line>, what: string): Promise<PlayedStream> {
  let played: PlayedStream
  try {
    played = await playStream(stream)
  } catch (cause) {
    throw new Error(`${what}: ${errorText(cause)}`, { cause })
  }
  const open = played.session.live ? ['the run is still under way, although the stream has ended'] : []
  const broken = [...open, ...misfits(played), ...brokenRules(played.session, played.retracted), ...madeUpPrompts(played)]
  if (broken.length > 0) throw new Error(`${what}: ${broken.join('; ')}`)
  return played
}

function misfits({ events }: PlayedStream): string[] {
  return events.flatMap((event) => {
    const parsed = parseEvent(event)
    if (!parsed.ok) return [`an event that does not fit, for ${parsed.reason}: ${JSON.stringify(event)}`]
    return parsed.rejected === undefined ? [] : [`messages that do not fit: ${JSON.stringify(parsed.rejected)}`]
  })
}

/** No words of the program as a person's. What a session had before is told by a `history`, and may add to them. */
function madeUpPrompts({ session, events, prompts }: PlayedStream): string[] {
  const told = new Set(events.flatMap((event) => (event.type === 'history' ? event.messages.map(({ id }) => id) : [])))
  const spoken = session.messages.filter(({ role, id }) => role === 'user' && !told.has(id)).map(({ content }) => content)
  if (spoken.length === prompts.length && spoken.every((words, index) => words === prompts[index])) return []
  return [`the person's messages are ${JSON.stringify(spoken)}, and the person sent ${JSON.stringify(prompts)}`]
}

function expectEnd({ session }: PlayedStream, end: ExpectedEnd): void {
  for (const field of ['status', 'endReason', 'costUsd', 'inputTokens', 'outputTokens'] as const) {
    const expected = end[field]
    if (expected === undefined) continue
    const found = session[field]
    const isSame = typeof expected === 'number' && typeof found === 'number' ? Math.abs(expected - found) < 1e-9 : found === expected
    if (!isSame) throw new Error(`the whole stream: ${field} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`)
  }
}

/** What must be the same however often a line is told. */
function outlineOf({ session }: PlayedStream): string {
  const { status, endReason, costUsd, inputTokens, outputTokens, messages } = session
  const tools = messages.filter(({ role }) => role === 'tool-call' || role === 'tool-result').map(({ role, toolCallId }) => `${role} ${toolCallId}`)
  return JSON.stringify({ status, endReason, costUsd, inputTokens, outputTokens, tools })
}
