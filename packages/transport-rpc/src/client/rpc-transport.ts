import {
  type AgentEvent,
  type AgentTransport,
  type Clock,
  errorText,
  isSessionId,
  type PromptCommand,
  type RawMessage,
  type Reply,
  type StartCommand,
  type StopCommand,
} from '@agent-session/core'
import { amountField, eventListeners, field, textField } from '@agent-session/core/transport'
import { definedOnly } from '../defined-only.ts'
import type { PageLine } from '../page-line.ts'
import { plainCopy } from '../plain-copy.ts'
import { type AgentRpcRequests, type EventName, eventNames, type RequestName, type StartParams } from '../wire.ts'
import { promptWords } from './prompt-words.ts'
import { readMessage } from './read-messages.ts'
import { ToolPairs } from './tool-pairs.ts'
import { type Turn, Turns } from './turns.ts'

export interface RpcTransportOptions {
  readonly line: PageLine
  readonly clock: Clock
  readonly makeId: () => string
  /** What the host's cost reports are of. */
  readonly costs: 'session' | 'run'
}

/**
 * The agents of a host that speaks the wire. The wire knows no questions, no runs, no pieces and no way back to a run
 * after a reload, so that this transport has no capabilities; the runs it makes up (see `Turns`).
 */
export class RpcTransport implements AgentTransport {
  readonly #options: RpcTransportOptions
  readonly #turns: Turns
  readonly #pairs = new Map<string, ToolPairs>()
  readonly #listeners = eventListeners()
  readonly #unlisten: (() => void)[]
  /** Ends the waiting of each request that is under way. */
  readonly #waiting = new Set<() => void>()
  #closed = false

  constructor(options: RpcTransportOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
    const handlers = { 'agent.message': this.#messages, 'agent.status': this.#status, 'agent.cost': this.#cost }
    this.#unlisten = eventNames.map((name) => options.line.listen(name, (payload) => this.#receive(name, payload, handlers[name])))
  }

  start({ sessionId, run, prompt, messageId: _messageId, projectId: _projectId, provider, ...options }: StartCommand): Promise<Reply> {
    return this.#begin(sessionId, run, prompt, (words) => this.#ask('agent.start', { sessionId, provider, prompt: words, ...startOptions(options) }))
  }

  prompt({ sessionId, run, prompt }: PromptCommand): Promise<Reply> {
    return this.#begin(sessionId, run, prompt, (words) => this.#ask('agent.prompt', { sessionId, prompt: words }))
  }

  async stop({ sessionId, run }: StopCommand): Promise<Reply> {
    const turn = this.#turns.current(sessionId)
    // Its end was told; or it is of the page that was here before, of which nothing is known.
    if (this.#closed || turn?.run !== run) return { ok: true }
    turn.stopping = true
    const { reply } = await this.#ask('agent.stop', { sessionId })
    if (!reply.ok) turn.stopping = false
    else if (this.#turns.end(sessionId, turn, true)) this.#told(sessionId, turn, 'stopped')
    return reply
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** What was begun here and still runs is stopped: nobody could, afterwards. A host that does not answer holds up nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const sessionId of this.#turns.running()) this.#tellStopped(sessionId)
    for (const give of this.#waiting) give()
    for (const unlisten of this.#unlisten) unlisten()
    this.#turns.clear()
    this.#pairs.clear()
    this.#listeners.clear()
  }

  /** What is held at this moment: requests that are not answered, runs that are not over. For tests of the end. */
  held(): readonly string[] {
    return [...[...this.#waiting].map(() => 'a request'), ...this.#turns.running().map((sessionId) => `the run of ${sessionId}`)]
  }

  async #begin(sessionId: string, run: string, prompt: StartCommand['prompt'], ask: (words: string) => Promise<Asked>): Promise<Reply> {
    if (this.#closed) return refusal('disconnected', 'This connection to the host is closed.')
    const words = promptWords(prompt)
    if (words === undefined) return refusal('not-supported', 'The host takes text alone. Send the prompt without its images.')
    const turn = this.#turns.begin(sessionId, run)
    if (turn === undefined) return refusal('session-running', 'The agent is still at work on the last prompt. Wait for its end, or stop it.')
    const { reply, doubtful } = await ask(words)
    if (this.#closed) return reply
    if (reply.ok) turn.accepted = true
    else this.#turns.end(sessionId, turn)
    // Nobody knows whether the host has begun all the same; nobody waits for it any more.
    if (doubtful && this.#turns.current(sessionId) === undefined) this.#tellStopped(sessionId)
    return reply
  }

  #tellStopped(sessionId: string): void {
    this.#options.line.tell('agent.stop', { sessionId })
  }

  async #ask<Name extends RequestName>(name: Name, params: AgentRpcRequests[Name]['params']): Promise<Asked> {
    let close = (): void => {}
    const closed = new Promise<Asked>((resolve) => {
      close = () => resolve({ reply: refusal('disconnected', 'The connection to the host was closed before it answered.'), doubtful: false })
    })
    this.#waiting.add(close)
    try {
      return await Promise.race([closed, this.#options.line.ask(name, params).then((given) => readReply(name, given))])
    } catch (thrown) {
      return { reply: refusal('disconnected', `The host did not answer ${name}: ${errorText(thrown)}`), doubtful: true }
    } finally {
      this.#waiting.delete(close)
    }
  }

  /** Nothing that comes makes it throw: an RPC calls its listeners one after the other. */
  #receive(name: EventName, payload: unknown, handle: (sessionId: string, payload: unknown) => boolean): void {
    if (this.#closed) return
    try {
      const sessionId = field(payload, 'sessionId')
      if (isSessionId(sessionId)) {
        if (!handle.call(this, sessionId, payload)) this.#unreadable(sessionId, name, payload)
      } else this.#unreadable('', name, payload)
    } catch (thrown) {
      // An accessor or a proxy: no data, whatever it says it is.
      this.#unreadable('', name, errorText(thrown))
    }
  }

  /** Told as what it is: the store reports a message that is not known, and an event that is of no session. */
  #unreadable(sessionId: string, name: EventName, payload: unknown): void {
    const { clock, makeId } = this.#options
    const content = { event: name, payload: plainCopy(payload) ?? null }
    this.#listeners.emit({ type: 'message', sessionId, ...this.#runOf(sessionId), messages: [{ id: makeId(), type: 'unknown', content, timestamp: clock.now() }] })
  }

  #messages(sessionId: string, payload: unknown): boolean {
    const list = field(payload, 'messages')
    if (!Array.isArray(list)) return false
    const pairs = this.#pairs.get(sessionId) ?? new ToolPairs()
    this.#pairs.set(sessionId, pairs)
    this.#turns.hear(sessionId)
    const messages = list.map((raw: unknown) => pairs.pair(this.#readMessage(raw)))
    if (messages.length > 0) this.#listeners.emit({ type: 'message', sessionId, ...this.#runOf(sessionId), messages })
    return true
  }

  #readMessage(raw: unknown): RawMessage {
    const { clock, makeId } = this.#options
    const defaults = { now: clock.now(), makeId }
    try {
      return readMessage(raw, defaults)
    } catch (thrown) {
      return { id: makeId(), type: 'unknown', content: { unreadable: errorText(thrown) }, timestamp: defaults.now }
    }
  }

  #status(sessionId: string, payload: unknown): boolean {
    const status = textField(payload, 'status')
    if (status === undefined) return false
    const error = textField(payload, 'error')
    if (status !== 'done' && status !== 'error') {
      if (status === 'running') this.#turns.hear(sessionId, true)
      this.#listeners.emit({ type: 'status', sessionId, ...this.#runOf(sessionId), status, ...(error !== undefined && { error }) })
      return true
    }
    const turn = this.#turns.closes(sessionId)
    if (turn !== undefined) this.#told(sessionId, turn, turn.stopping ? 'stopped' : undefined, status, error)
    // Of a page that was here before: the session is not under way here, and the store decides.
    else if (!this.#turns.knows(sessionId)) this.#listeners.emit({ type: 'status', sessionId, status, ...(error !== undefined && { error }) })
    return true
  }

  #cost(sessionId: string, payload: unknown): boolean {
    const cost = definedOnly({
      costUsd: amountField(payload, 'costUsd'),
      inputTokens: amountField(payload, 'inputTokens'),
      outputTokens: amountField(payload, 'outputTokens'),
    })
    if (Object.keys(cost).length === 0) return false
    this.#turns.hear(sessionId)
    this.#listeners.emit({ type: 'cost', sessionId, ...this.#runOf(sessionId), ...cost, scope: this.#options.costs })
    return true
  }

  /** The end of a run: `stopped` whatever word the host has for it, where a stop was sent. */
  #told(sessionId: string, { run }: Turn, reason: 'stopped' | undefined, status = 'done', error?: string): void {
    this.#pairs.get(sessionId)?.runEnded()
    if (reason !== undefined) return this.#listeners.emit({ type: 'status', sessionId, run, status: 'done', reason })
    this.#listeners.emit({ type: 'status', sessionId, run, status, ...(error !== undefined && { error }) })
  }

  #runOf(sessionId: string): { run?: string } {
    const run = this.#turns.runOf(sessionId)
    return run === undefined ? {} : { run }
  }
}

/** `doubtful`: the request may have reached the host all the same. */
interface Asked {
  readonly reply: Reply
  readonly doubtful: boolean
}

const refusal = (code: string, error: string): Reply => ({ ok: false, code, error })

function readReply(name: RequestName, given: unknown): Asked {
  const ok = field(given, 'ok')
  if (ok === true) return { reply: { ok }, doubtful: false }
  if (ok !== false) return { reply: refusal('agent-protocol', `The host answered ${name} with what is no answer.`), doubtful: true }
  // B18: a reason that nobody gave is not known.
  return { reply: refusal(textField(given, 'code') || 'transport-refused', textField(given, 'error') || 'unknown'), doubtful: false }
}

/** B5: every option, and nothing of what is ours alone unless a start has it. */
function startOptions(given: Omit<StartParams, 'sessionId' | 'provider' | 'prompt'>): Partial<StartParams> {
  const { cwd, model, systemPrompt, maxTurns, permissionMode, claudeConfigDir, extraEnv, additionalDirectories, worktreeName, mcpServers, agentSessionId } = given
  return definedOnly({
    cwd,
    model,
    systemPrompt,
    maxTurns,
    permissionMode,
    claudeConfigDir,
    extraEnv,
    additionalDirectories,
    worktreeName,
    mcpServers,
    agentSessionId,
  })
}
