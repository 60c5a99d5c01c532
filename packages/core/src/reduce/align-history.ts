import type { RawMessage } from '../ports/agent-event.ts'
import { textField } from '../raw-content.ts'
import type { SessionMessage } from '../session/session-message.ts'

/** How many messages from the end of each are compared: what lies further back is taken for known. */
const reach = 1_000

/** An id says more than any number of words that happen to be the same. */
const idWeight = 1_000

export interface Alignment {
  /** What both have: the replay's message and ours. */
  readonly pairs: readonly { readonly raw: RawMessage; readonly message: SessionMessage }[]
  /** What the replay has after the last of those. */
  readonly added: readonly RawMessage[]
}

/**
 * Lays a replay beside a transcript: the longest common run of messages, holes allowed on both sides, since a replay
 * leaves out thinking and what the agent never stored, and we may not have what came while we were away. A conversation
 * that repeats itself fits in more than one way: `fromStart` (the transcript is here from its beginning) takes the
 * earliest, else the latest.
 */
export function alignHistory(messages: readonly SessionMessage[], raws: readonly RawMessage[], fromStart: boolean): Alignment {
  const ours = messages.slice(-reach)
  const theirs = raws.slice(-reach)
  const matched = fromStart ? earliest(ours, theirs) : latest(ours, theirs)
  const pairs = matched.flatMap(([our, their]) => {
    const [message, raw] = [ours[our], theirs[their]]
    return message && raw ? [{ message, raw }] : []
  })
  const [, last] = matched.at(-1) ?? [-1, -1]
  return { pairs, added: last === -1 ? raws : theirs.slice(last + 1) }
}

type Match = readonly [our: number, their: number]

/** The common run whose matches come as early as they can: found from the ends, walked from the beginnings. */
function earliest(ours: readonly SessionMessage[], theirs: readonly RawMessage[]): Match[] {
  const flipped = latest(ours.toReversed(), theirs.toReversed())
  return flipped.map(([our, their]): Match => [ours.length - 1 - our, theirs.length - 1 - their]).toReversed()
}

/** The common run whose matches come as late as they can. */
function latest(ours: readonly SessionMessage[], theirs: readonly RawMessage[]): Match[] {
  const width = theirs.length + 1
  // scores[our * width + their]: the best of the first so many of each.
  const scores = new Int32Array((ours.length + 1) * width)
  const score = (our: number, their: number): number => scores[our * width + their] ?? 0
  ours.forEach((message, our) => {
    theirs.forEach((raw, their) => {
      const both = score(our, their) + likeness(message, raw)
      scores[(our + 1) * width + their + 1] = Math.max(both, score(our, their + 1), score(our + 1, their))
    })
  })
  const matched: Match[] = []
  let [our, their] = [ours.length, theirs.length]
  while (our > 0 && their > 0) {
    const [message, raw] = [ours[our - 1], theirs[their - 1]]
    const alike = message && raw ? likeness(message, raw) : 0
    if (alike > 0 && score(our, their) === score(our - 1, their - 1) + alike) {
      matched.push([our - 1, their - 1])
      our -= 1
      their -= 1
    } else if (score(our, their) === score(our - 1, their)) our -= 1
    else their -= 1
  }
  return matched.toReversed()
}

/** 0 where the two are not the same message. */
function likeness(message: SessionMessage, raw: RawMessage): number {
  if (message.id === raw.id) return idWeight
  if (message.role !== roles[raw.type]) return 0
  const toolCallId = textField(raw.content, 'toolCallId')
  if (message.toolCallId !== undefined || toolCallId !== undefined) return message.toolCallId === toolCallId ? 1 : 0
  const text = textField(raw.content, 'text')
  return message.content === text || isOpenPrefix(message, raw) || isSameWords(message, text) ? 1 : 0
}

/** An agent has words of its own for what came with a prompt, or none: the person's own are what counts. */
function isSameWords({ prompt = [] }: SessionMessage, text: string | undefined): boolean {
  const words = prompt.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  return words !== '' && text !== undefined && (text === words || text.startsWith(`${words}\n`))
}

/** F21: a message of ours that did not come to its end may have gone on without us. */
export function isOpenPrefix({ streaming, cut, content }: SessionMessage, raw: RawMessage): boolean {
  if (streaming !== true && cut !== true) return false
  const text = textField(raw.content, 'text')
  return text !== undefined && text.startsWith(content)
}

const roles: Partial<Record<RawMessage['type'], SessionMessage['role']>> = {
  text: 'assistant',
  thinking: 'thinking',
  user: 'user',
  tool_call: 'tool-call',
  tool_result: 'tool-result',
}
