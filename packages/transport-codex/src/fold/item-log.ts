import { type EventBody, field, jsonText, ownId, textField } from '@agent-session/core/transport'
import { type CodexItem, readItem } from './codex-item.ts'

/** Where an item belongs: the conversation itself, or a sub-agent under the call that began it. */
export interface Lane {
  readonly threadId: string
  readonly parentId: string | undefined
}

/** What came of one message, and the run that it belongs to: an item ends in the run that it began in. */
export interface Told {
  readonly bodies: readonly EventBody[]
  readonly run: string
}

type Kind = 'text' | 'thinking' | 'tool'

interface Placed {
  readonly id: string
  readonly run: string
  readonly lane: Lane
  readonly kind: Kind
  /** Of texts: what was told of it. Of tools: its output as far as it was told. */
  said: string
  /** The part of a summary that was told last. */
  part: unknown
  toldCall: string | undefined
  /** Of tools: what they were asked. */
  input: unknown
  ended: boolean
}

/** A call of a sub-agent, and the threads that it reaches. */
export interface AgentCall {
  readonly id: string
  readonly threads: readonly string[]
}

/**
 * The items of a session, put together of their beginnings, pieces and ends, in either of Codex' forms. An item is
 * told once however often it comes.
 */
export class ItemLog {
  #run = ''
  /** By thread and Codex' id. Those of this run, and those of earlier ones that have not ended. */
  readonly #items = new Map<string, Placed>()
  /** Codex' ids of items that ended in earlier runs: announced again, it is another item. */
  readonly #past = new Set<string>()
  /** Sub-agents that have no call of their own, by their threads: Codex' ids of what told of their beginning. */
  readonly #agents = new Map<string, string>()

  enterRun(run: string): void {
    this.#run = run
    for (const [key, { ended }] of this.#items) {
      if (!ended) continue
      this.#items.delete(key)
      this.#past.add(key)
    }
  }

  /** Items that were told as history are known from now on. */
  remember(lane: Lane, itemIds: readonly string[]): void {
    for (const itemId of itemIds) this.#past.add(keyOf(lane, itemId))
  }

  /** The call that is under way under this id of Codex'; `undefined` where there is none. */
  callOf(lane: Lane, itemId: string): { readonly id: string; readonly input: unknown } | undefined {
    const placed = this.#items.get(keyOf(lane, itemId))
    return placed?.kind === 'tool' ? placed : undefined
  }

  /** The newest call of this name that runs; `undefined` where none does. */
  runningCall(lane: Lane, isIt: (toldCall: string) => boolean): string | undefined {
    const running = [...this.#items.values()].filter(({ kind, ended, lane: { threadId }, toldCall }) => kind === 'tool' && !ended && threadId === lane.threadId && toldCall !== undefined && isIt(toldCall))
    return running.at(-1)?.id
  }

  /**
   * An item as it stands: a snapshot, whole each time. `undefined` where it is about no item that can be. A user's
   * message is nobody's to place here.
   */
  take(item: unknown, lane: Lane, isEnd: boolean, now: number): (Told & { readonly agents?: AgentCall }) | undefined {
    const itemId = textField(item, 'id')
    const read = readItem(item)
    if (itemId === undefined || itemId === '' || read === undefined || read.as === 'user') return undefined
    switch (read.as) {
      case 'plan':
        return { bodies: [{ type: 'plan', entries: read.entries }], run: this.#run }
      case 'silent':
        return { bodies: isEnd ? [this.#message(read.type, `${this.#run}/${itemId}`, item, lane, now)] : [], run: this.#run }
      case 'text':
      case 'thinking':
        return this.#takeText(itemId, read, lane, isEnd, now)
      case 'tool':
        return this.#takeTool(itemId, read, lane, isEnd, now)
      case 'agent':
        return this.#takeAgent(itemId, read, lane, now)
    }
  }

  /** A piece of a text. Codex numbers nothing, so that one told twice was said twice; the end sets it right. */
  say(itemId: string, kind: 'text' | 'thinking', text: string, lane: Lane, part?: unknown): Told | undefined {
    const placed = this.#place(itemId, kind, lane)
    if (placed === undefined) return undefined
    if (placed.ended || text === '') return { bodies: [], run: placed.run }
    // Each part of a summary is a paragraph of its own.
    const piece = placed.said !== '' && part !== placed.part ? `\n\n${text}` : text
    placed.part = part
    return { bodies: [this.#delta(placed, kind, piece)], run: placed.run }
  }

  /** A piece of a tool's output. `undefined` where no such tool runs. */
  print(itemId: string, text: string, lane: Lane): Told | undefined {
    const placed = this.#items.get(keyOf(lane, itemId))
    if (placed?.kind !== 'tool') return undefined
    if (placed.ended || text === '') return { bodies: [], run: placed.run }
    return { bodies: [this.#delta(placed, 'tool_result', text)], run: placed.run }
  }

  /** Codex says again what it was saying, in new items: what it had said of them is taken back. */
  retractUnfinished(lane: Lane): Told {
    const ids: string[] = []
    for (const placed of this.#unfinished(lane)) {
      placed.ended = true
      ids.push(placed.id)
    }
    return { bodies: ids.length > 0 ? [{ type: 'retract', ids }] : [], run: this.#run }
  }

  /** Ends whatever is being said, in one thread or in all; `cut`: before its time. */
  closeTexts(cut: boolean, lane?: Lane): Told {
    const bodies: EventBody[] = []
    for (const placed of this.#unfinished(lane)) {
      placed.ended = true
      bodies.push({ type: 'message-end', id: placed.id, ...(cut && { cut }) })
    }
    return { bodies, run: this.#run }
  }

  /** Texts of this run that were begun and not ended, and of which something was told. */
  #unfinished(lane: Lane | undefined): Placed[] {
    return [...this.#items.values()].filter(
      (placed) => placed.kind !== 'tool' && !placed.ended && placed.said !== '' && (lane === undefined || placed.lane.threadId === lane.threadId),
    )
  }

  #takeText(itemId: string, { as: kind, text }: CodexItem & { as: 'text' | 'thinking' }, lane: Lane, isEnd: boolean, now: number): Told | undefined {
    const placed = this.#place(itemId, kind, lane)
    if (placed === undefined) return undefined
    const { id, run, said } = placed
    if (placed.ended || (!isEnd && !text.startsWith(said))) return { bodies: [], run }
    if (!isEnd) return { bodies: text.length > said.length ? [this.#delta(placed, kind, text.slice(said.length))] : [], run }
    placed.ended = true
    // Some open a message and leave it empty.
    if (text === '') return { bodies: said === '' ? [] : [{ type: 'message-end', id }], run }
    return { bodies: [text === said ? { type: 'message-end', id } : this.#message(kind, id, { text }, lane, now)], run }
  }

  #takeTool(itemId: string, { name, input, result, agents }: CodexItem & { as: 'tool' }, lane: Lane, isEnd: boolean, now: number): (Told & { agents?: AgentCall }) | undefined {
    const placed = this.#place(itemId, 'tool', lane)
    if (placed === undefined) return undefined
    const { id, run } = placed
    const bodies: EventBody[] = []
    const content = { name, input, toolCallId: id }
    // Arguments that are nested too deeply to be compared are told once.
    const told = jsonText(content) ?? jsonText({ name }) ?? ''
    // What it was asked may come in pieces, until it has ended.
    if (!placed.ended && told !== placed.toldCall && !(input === undefined && placed.toldCall !== undefined)) {
      placed.toldCall = told
      placed.input = input
      bodies.push(this.#message('tool_call', id, content, lane, now))
    }
    if (isEnd && !placed.ended) {
      placed.ended = true
      const { output, isError } = result
      bodies.push(this.#message('tool_result', `${id}/result`, { output, toolCallId: id, ...(isError && { isError }) }, lane, now))
    }
    return { bodies, run, ...(agents.length > 0 && { agents: { id, threads: agents } }) }
  }

  /** Its beginning becomes a call, since what it does needs one to be under; its end is that call's result. */
  #takeAgent(itemId: string, { news, threadId, input, output }: CodexItem & { as: 'agent' }, lane: Lane, now: number): (Told & { agents?: AgentCall }) | undefined {
    if (news === 'other') return { bodies: [], run: this.#run }
    if (news === 'began') this.#agents.set(threadId, itemId)
    const beganAs = this.#agents.get(threadId)
    if (beganAs === undefined) return undefined
    const call = { as: 'tool' as const, name: 'spawn_agent', input, result: { output, isError: output === 'interrupted' }, agents: [threadId] }
    return this.#takeTool(beganAs, news === 'began' ? call : { ...call, input: undefined }, lane, news === 'ended', now)
  }

  /** `undefined` where the id is one of another kind: two things cannot have one. */
  #place(itemId: string, kind: Kind, lane: Lane): Placed | undefined {
    const key = keyOf(lane, itemId)
    const known = this.#items.get(key)
    if (known !== undefined) return known.kind === kind ? known : undefined
    const scope = lane.parentId === undefined ? this.#run : `${this.#run}/${lane.threadId}`
    const id = this.#past.has(key) ? `${scope}/${itemId}` : ownId(scope, itemId)
    const placed: Placed = { id, run: this.#run, lane, kind, said: '', part: undefined, toldCall: undefined, input: undefined, ended: false }
    this.#items.set(key, placed)
    return placed
  }

  #delta(placed: Placed, kind: 'text' | 'thinking' | 'tool_result', text: string): EventBody {
    const { id, lane, said } = placed
    placed.said = said + text
    const parent = lane.parentId === undefined ? {} : { parentId: lane.parentId }
    const target = kind === 'tool_result' ? { id: `${id}/result`, toolCallId: id } : { id }
    return { type: 'delta', kind, text, offset: said.length, ...target, ...parent }
  }

  #message(type: 'text' | 'thinking' | 'tool_call' | 'tool_result' | 'status' | 'compaction', id: string, content: unknown, { parentId }: Lane, timestamp: number): EventBody {
    return { type: 'message', messages: [{ id, type, content, timestamp, ...(parentId !== undefined && { parentId }) }] }
  }
}

const keyOf = ({ threadId }: Lane, itemId: string): string => `${threadId}/${itemId}`

/** The time that an item itself says; `undefined` where it does not. */
export function itemTime(item: unknown): number | undefined {
  const time = field(item, 'completedAtMs') ?? field(item, 'startedAtMs')
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined
}
