import type { AgentEvent, AttachCommand, Attached, Cursor, Reply } from '@agent-session/core'
import { pick } from './dice.ts'

type Told = Extract<AgentEvent, { sessionId: string }>

/** An event as the far side keeps it. */
export interface Logged {
  /** Its place in all that was ever told, from 1; its number in its epoch is in the event's cursor. */
  readonly place: number
  readonly run: string
  readonly event: Told
}

/** How many of the newest events are looked at for something to tell again. */
const toldAgain = 6

/** One session on the far side: what its agent said, whether or not anybody heard it. */
export class FarSession {
  readonly sessionId: string
  readonly log: Logged[] = []
  /** Runs that ended because somebody said stop. */
  readonly stopped = new Set<string>()
  readonly #runs = new Set<string>()
  /** The run under way. */
  run: string | undefined
  readonly #offsets: boolean
  #epoch = 1
  /** How much of the log was told under earlier epochs. */
  #before = 0
  #kept = 1
  #ids = 0
  #text: { id: string; length: number } | undefined
  readonly #texts: string[] = []
  #calls: string[] = []
  #questions: string[] = []
  readonly #retracted = new Set<string>()

  constructor(sessionId: string, offsets: boolean) {
    this.sessionId = sessionId
    this.#offsets = offsets
  }

  /** The place of the last event up to which somebody has all; 0 where that is nothing. */
  placeOf(cursor: Cursor | undefined): number {
    if (cursor === undefined) return 0
    // Nothing of that numbering, and all before it.
    if (cursor.seq === 0) return (this.log.find(({ event }) => event.cursor?.epoch === cursor.epoch)?.place ?? 1) - 1
    return this.log.find(({ event }) => event.cursor?.epoch === cursor.epoch && event.cursor.seq === cursor.seq)?.place ?? 0
  }

  /** What was told after this cursor, as far as the host still has it. */
  missedAfter(cursor: Cursor | undefined): { readonly missed: readonly Told[]; readonly gapped: boolean } {
    const from = this.placeOf(cursor) + 1
    const missed = this.log.filter(({ place }) => place >= Math.max(from, this.#kept)).map(({ event }) => event)
    return { missed, gapped: from < this.#kept }
  }

  /** F19: the host began again: it numbers from 1, and cannot tell again what it told before. */
  restart(): void {
    this.#epoch += 1
    this.#before = this.log.length
    this.forget(0)
  }

  /** F18: the host keeps no more than the newest. */
  forget(count: number): void {
    this.#kept = Math.max(this.#kept, this.log.length - count + 1)
  }

  /** From this place on the host can tell again. */
  get kept(): number {
    return this.#kept
  }

  /** Whether this run ever began here. */
  knows(run: string | undefined): boolean {
    return run === undefined || this.#runs.has(run)
  }

  /** Whether this message was retracted. */
  tookBack(id: string): boolean {
    return this.#retracted.has(id)
  }

  stop(run: string): void {
    if (this.run !== run) return
    this.stopped.add(run)
    this.end()
  }

  begin(run: string): void {
    this.run = run
    this.#runs.add(run)
    this.#forgetOpen()
  }

  end(): void {
    this.run = undefined
    this.#forgetOpen()
  }

  #forgetOpen(): void {
    this.#text = undefined
    this.#calls = []
    this.#questions = []
  }

  /** Tells one of its newest whole messages again, under a number of its own: word for word, or with more words. Or a piece of a text. */
  sayAgain(a: number, b: number): Told | undefined {
    const { run } = this
    const piece = run !== undefined && b % 3 === 0 ? pick(this.#pieces(), a) : undefined
    if (run !== undefined && piece !== undefined) return this.#log(run, { ...piece })
    const told = this.log.slice(-toldAgain).flatMap(({ run: of, event }) => (of === run && event.type === 'message' ? event.messages : []))
    const newest = new Map(told.map((message) => [message.id, message]))
    const message = pick([...newest.values()].filter(({ id }) => !this.#retracted.has(id)), a)
    if (run === undefined || message === undefined) return undefined
    const text = textOf(message.content)
    const content = text === undefined || b % 2 === 0 ? message.content : { text: `${text} and ${b % 1_000}` }
    return this.#message(run, message.id, message.type, content)
  }

  /** The newest of the text that it is in the middle of: each says where it begins, so that it may be told again. */
  #pieces() {
    return this.log.slice(-toldAgain).flatMap(({ event }) => {
      if (event.type !== 'delta' || event.offset === undefined || event.id !== this.#text?.id) return []
      const { type, id, kind, text, offset } = event
      return [{ type, id, kind, text, offset }]
    })
  }

  /** Says something that a real agent might say now; `undefined` where nothing is under way. */
  say(a: number, b: number): Told | undefined {
    const { run } = this
    if (run === undefined) return undefined
    const saying = a % 100
    if (saying < 45) return this.#delta(run, b)
    if (saying < 52) return this.#endText(run)
    if (saying < 62) return this.#whole(run, b)
    if (saying < 72) return this.#call(run, b)
    if (saying < 80) return this.#result(run, b)
    if (saying < 82) return this.#retract(run, b)
    if (saying < 86) return this.#ask(run)
    if (saying < 88) return this.#settle(run, b)
    if (saying < 91) return this.#log(run, { type: 'cost', costUsd: b % 10, inputTokens: b % 100, outputTokens: b % 50, scope: 'run' })
    if (saying < 93) return this.#log(run, { type: 'plan', entries: [{ content: `step ${b % 5}`, status: 'pending' }] })
    if (saying < 95) return this.#log(run, { type: 'session', title: `title ${b % 5}` })
    if (saying < 96) return this.#log(run, { type: 'status', status: 'running' })
    if (saying < 97) return this.#finish(run, { type: 'status', status: 'error', error: 'the agent failed' })
    return this.#finish(run, { type: 'status', status: 'done' })
  }

  #newId(kind: string): string {
    this.#ids += 1
    return `${this.sessionId}:${kind}-${this.#ids}`
  }

  #log(run: string, fields: Record<string, unknown> & { type: string }): Told {
    const place = this.log.length + 1
    const event = { sessionId: this.sessionId, run, cursor: { epoch: `far-${this.#epoch}`, seq: place - this.#before }, ...fields } as Told
    this.log.push({ place, run, event })
    return event
  }

  #finish(run: string, fields: Record<string, unknown> & { type: string }): Told {
    const told = this.#log(run, fields)
    this.end()
    return told
  }

  #delta(run: string, b: number): Told {
    if (this.#text === undefined) {
      this.#text = { id: this.#newId('text'), length: 0 }
      this.#texts.push(this.#text.id)
    }
    const { id, length } = this.#text
    const text = `${b % 97} `
    this.#text.length += text.length
    return this.#log(run, { type: 'delta', id, kind: 'text', text, ...(this.#offsets && { offset: length }) })
  }

  #endText(run: string): Told | undefined {
    if (this.#text === undefined) return undefined
    const { id } = this.#text
    this.#text = undefined
    return this.#log(run, { type: 'message-end', id })
  }

  #message(run: string, id: string, type: string, content: unknown): Told {
    return this.#log(run, { type: 'message', messages: [{ id, type, content, timestamp: 1 }] })
  }

  #whole(run: string, b: number): Told {
    const id = this.#newId('whole')
    this.#texts.push(id)
    return this.#message(run, id, b % 3 === 0 ? 'thinking' : 'text', { text: `whole ${b % 1_000}` })
  }

  #call(run: string, b: number): Told {
    const id = this.#newId('call')
    this.#calls.push(id)
    return this.#message(run, id, 'tool_call', { name: 'Read', input: { file_path: `${b % 9}.txt` }, toolCallId: id })
  }

  #result(run: string, b: number): Told | undefined {
    const call = pick(this.#calls, b)
    if (call === undefined) return undefined
    this.#calls = this.#calls.filter((other) => other !== call)
    return this.#message(run, `${call}:result`, 'tool_result', { output: `out ${b % 1_000}`, toolCallId: call, isError: b % 5 === 0 })
  }

  /** Takes back a text that is told to its end. */
  #retract(run: string, b: number): Told | undefined {
    const id = pick(
      this.#texts.filter((text) => text !== this.#text?.id),
      b,
    )
    if (id === undefined) return undefined
    this.#texts.splice(this.#texts.indexOf(id), 1)
    this.#retracted.add(id)
    return this.#log(run, { type: 'retract', ids: [id] })
  }

  #ask(run: string): Told {
    const id = this.#newId('question')
    this.#questions.push(id)
    return this.#log(run, { type: 'permission', request: { id, title: 'May I?', options: [{ id: 'yes', label: 'Yes', kind: 'allow_once' }] } })
  }

  #settle(run: string, b: number): Told | undefined {
    const requestId = pick(this.#questions, b)
    if (requestId === undefined) return undefined
    this.#questions = this.#questions.filter((other) => other !== requestId)
    return this.#log(run, { type: 'permission-settled', requestId, outcome: 'expired' })
  }
}

export function textOf(content: unknown): string | undefined {
  const text: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, 'text') : undefined
  return typeof text === 'string' ? text : undefined
}

/** The host of the agents: outlives every process of the app, and hears only commands. */
export class FarSide {
  readonly sessions = new Map<string, FarSession>()
  refuseNext = false
  /** Prompts that were accepted. */
  readonly accepted = new Set<string>()
  #drawn = 0

  start(sessionId: string, run: string, messageId: string): Reply {
    if (this.#refuses()) return { ok: false, error: 'no agent today' }
    this.accepted.add(messageId)
    this.#drawn += 1
    const session = new FarSession(sessionId, this.#drawn % 2 === 0)
    session.begin(run)
    this.sessions.set(sessionId, session)
    return { ok: true }
  }

  prompt(sessionId: string, run: string, messageId: string): Reply {
    const session = this.sessions.get(sessionId)
    if (session === undefined) return { ok: false, error: 'no such session' }
    if (this.#refuses()) return { ok: false, error: 'not now' }
    this.accepted.add(messageId)
    session.begin(run)
    return { ok: true }
  }

  stop(sessionId: string, run: string): Reply {
    this.sessions.get(sessionId)?.stop(run)
    return { ok: true }
  }

  attach({ sessionId, run, cursor }: AttachCommand): { readonly attached: Attached; readonly missed: readonly Told[] } {
    const session = this.sessions.get(sessionId)
    if (session === undefined) return { attached: { outcome: 'lost' }, missed: [] }
    const { missed, gapped } = session.missedAfter(cursor)
    const outcome = session.run !== undefined && session.run === run ? 'live' : session.knows(run) ? 'replayed' : 'transcript-only'
    return { attached: { outcome, ...(gapped && { gapped }) }, missed }
  }

  #refuses(): boolean {
    const refuses = this.refuseNext
    this.refuseNext = false
    return refuses
  }
}
