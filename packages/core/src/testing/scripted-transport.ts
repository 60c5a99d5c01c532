import { workingClock } from '../defaults/system-clock.ts'
import type { AgentEvent, RawMessage } from '../ports/agent-event.ts'
import type {
  AgentTransport,
  AttachCommand,
  Attached,
  Capabilities,
  ConfigureCommand,
  ForeignCommand,
  ForeignQuery,
  ForeignSession,
  Forked,
  LogInCommand,
  PermissionAnswer,
  PromptCommand,
  Reply,
  StartCommand,
  StopCommand,
} from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { ProviderState } from '../ports/provider-state.ts'
import type { Prompt } from '../session/prompt.ts'
import type { PermissionOption, PlanEntry } from '../session/session-record.ts'

/** A command as the transport got it. */
export type ScriptedCommand =
  | ({ readonly type: 'start' } & StartCommand)
  | ({ readonly type: 'prompt' } & PromptCommand)
  | ({ readonly type: 'stop' } & StopCommand)
  | ({ readonly type: 'respond' } & PermissionAnswer)
  | ({ readonly type: 'configure' } & ConfigureCommand)
  | ({ readonly type: 'attach' } & AttachCommand)
  | ({ readonly type: 'fork' } & ForeignCommand)
  | ({ readonly type: 'forget' } & ForeignCommand)
  | ({ readonly type: 'logIn' } & LogInCommand)

/** One turn of a scripted agent: each method tells the store one thing, as a real agent would. */
export interface ScriptedTurn {
  readonly sessionId: string
  readonly run: string
  readonly prompt: Prompt
  /** True once the turn was stopped: a script that waits or streams ends by itself then. */
  readonly stopped: boolean
  /** A whole message. Gives its id. */
  message(type: RawMessage['type'], content: unknown, fields?: { id?: string; parentId?: string }): string
  /** Streams a text in pieces, `pieceMs` apart (default 0). */
  stream(text: string, options?: { kind?: 'text' | 'thinking'; pieceMs?: number; pieces?: readonly string[] }): Promise<void>
  /** A tool call; `result` tells its end. */
  tool(name: string, input: unknown): { result(output: unknown, options?: { isError?: boolean }): void; readonly toolCallId: string }
  /** Asks, and resolves to the id of the option that was taken; `undefined` when the question was cancelled. */
  ask(title: string, options: readonly PermissionOption[], fields?: { input?: unknown; toolCallId?: string }): Promise<string | undefined>
  /** The whole plan, as it stands now. */
  plan(entries: readonly PlanEntry[]): void
  /** What the run has used so far: USD and tokens. */
  cost(report: { costUsd?: number; inputTokens: number; outputTokens: number; contextUsed?: number; contextSize?: number }): void
  /** Waits on the transport's clock. */
  wait(ms: number): Promise<void>
  /** Any event; `sessionId` and `run` are put in. */
  emit(event: Record<string, unknown> & { type: AgentEvent['type'] }): void
  /** Ends the turn as failed. A script that returns ends it as done, one that throws as failed with what it threw. */
  fail(error: string): void
}

/** What the agent that is not there does. */
export interface ScriptedTransportOptions {
  /** Absent: none. With `list`, `fork`, `forget` and `logIn` it has those commands; a fork is named after its session, `ID-fork`. */
  readonly capabilities?: Capabilities
  /** For `wait` and `stream`. Absent: the machine's own, which keeps the process while a turn waits. */
  readonly clock?: Clock
  /** Plays each turn, from a start or a prompt on. Absent: nothing happens until `emit`. */
  readonly script?: (turn: ScriptedTurn) => Promise<void> | void
  /** Answers a command; absent, or `undefined`, accepts it. May throw, reject or never settle, as a bad transport would. */
  readonly reply?: (command: ScriptedCommand) => Promise<Reply> | Reply | undefined
  /** Answers an attach. Absent: `lost`. */
  readonly attach?: (command: AttachCommand) => Promise<Attached> | Attached
  /** Tells what the agents remember. Absent: nothing. */
  readonly list?: (projectId: string, query?: ForeignQuery) => Promise<readonly ForeignSession[]> | readonly ForeignSession[]
  /** Tells which agents there are. Absent: the transport cannot. */
  readonly providers?: () => Promise<readonly ProviderState[]> | readonly ProviderState[]
}

/** A transport with no agent behind it: for tests of apps and for demonstrations. */
export interface ScriptedTransport extends AgentTransport {
  /** All that it was asked, in order. */
  readonly commands: readonly ScriptedCommand[]
  /** Tells the store anything, also what no real transport would. */
  emit(event: unknown): void
  readonly closed: boolean
}

/** A transport that does as a test says. */
export function createScriptedTransport(options: ScriptedTransportOptions = {}): ScriptedTransport {
  const { capabilities = {}, clock = workingClock, script, reply, attach, list, providers } = options
  const listeners = new Set<(event: AgentEvent) => void>()
  const commands: ScriptedCommand[] = []
  const turns = new Map<string, Turn>()
  let closed = false

  function emit(event: unknown): void {
    // The store checks what it is told; tests tell it nonsense on purpose.
    for (const listener of listeners) listener(event as AgentEvent)
  }

  async function answer(command: ScriptedCommand): Promise<Reply> {
    commands.push(command)
    return (await reply?.(command)) ?? { ok: true }
  }

  async function begin(command: Extract<ScriptedCommand, { type: 'start' | 'prompt' }>): Promise<Reply> {
    const accepted = await answer(command)
    if (!accepted.ok || script === undefined) return accepted
    const turn = new Turn(command, clock, emit)
    turns.set(command.sessionId, turn)
    void turn.play(script)
    return accepted
  }

  return {
    capabilities,
    commands,
    emit,
    get closed() {
      return closed
    },
    start: (command) => begin({ type: 'start', ...command }),
    prompt: (command) => begin({ type: 'prompt', ...command }),
    async stop(command) {
      const accepted = await answer({ type: 'stop', ...command })
      if (accepted.ok) turns.get(command.sessionId)?.stop()
      return accepted
    },
    async respond(given) {
      const accepted = await answer({ type: 'respond', ...given })
      if (accepted.ok) turns.get(given.sessionId)?.answered(given)
      return accepted
    },
    configure: (change) => answer({ type: 'configure', ...change }),
    async attach(command) {
      commands.push({ type: 'attach', ...command })
      return (await attach?.(command)) ?? { outcome: 'lost' }
    },
    ...(capabilities.list && { list: async (projectId: string, query?: ForeignQuery) => (await list?.(projectId, query)) ?? [] }),
    ...(providers && { providers: async () => providers() }),
    ...(capabilities.fork && { fork: async (command: ForeignCommand): Promise<Forked> => forked(command, await answer({ type: 'fork', ...command })) }),
    ...(capabilities.forget && { forget: (command: ForeignCommand) => answer({ type: 'forget', ...command }) }),
    ...(capabilities.logIn && { logIn: (command: LogInCommand) => answer({ type: 'logIn', ...command }) }),
    subscribe(listener) {
      const own = (event: AgentEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    async close() {
      closed = true
      for (const turn of turns.values()) turn.stop()
      listeners.clear()
    },
  }
}

const forked = ({ agentSessionId }: ForeignCommand, reply: Reply): Forked => (reply.ok ? { agentSessionId: `${agentSessionId}-fork`, ...reply } : reply)

/** Thrown inside a script whose turn was stopped, to end it. */
class TurnStopped extends Error {}

class Turn implements ScriptedTurn {
  readonly sessionId: string
  readonly run: string
  readonly prompt: Prompt
  stopped = false
  readonly #clock: Clock
  readonly #tell: (event: unknown) => void
  readonly #questions = new Map<string, (optionId: string | undefined) => void>()
  readonly #waits = new Set<() => void>()
  #count = 0
  #ended = false

  constructor(command: { sessionId: string; run: string; prompt: Prompt }, clock: Clock, tell: (event: unknown) => void) {
    this.sessionId = command.sessionId
    this.run = command.run
    this.prompt = command.prompt
    this.#clock = clock
    this.#tell = tell
  }

  async play(script: (turn: ScriptedTurn) => Promise<void> | void): Promise<void> {
    try {
      await script(this)
      this.#end({ type: 'status', status: 'done' })
    } catch (thrown) {
      if (thrown instanceof TurnStopped) return
      this.fail(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  stop(): void {
    this.stopped = true
    this.#ended = true
    for (const wake of this.#waits) wake()
    for (const settle of this.#questions.values()) settle(undefined)
  }

  answered({ requestId, optionId }: PermissionAnswer): void {
    this.#questions.get(requestId)?.(optionId)
    this.#questions.delete(requestId)
  }

  emit(event: Record<string, unknown> & { type: AgentEvent['type'] }): void {
    if (this.stopped) throw new TurnStopped()
    this.#tell({ sessionId: this.sessionId, run: this.run, ...event })
  }

  message(type: RawMessage['type'], content: unknown, { id = this.#newId('message'), parentId }: { id?: string; parentId?: string } = {}): string {
    const message = { id, type, content, timestamp: this.#clock.now(), ...(parentId !== undefined && { parentId }) }
    this.emit({ type: 'message', messages: [message] })
    return id
  }

  async stream(
    text: string,
    { kind = 'text', pieceMs = 0, pieces = text.match(/\S+\s*|\s+/g) ?? [] }: { kind?: 'text' | 'thinking'; pieceMs?: number; pieces?: readonly string[] } = {},
  ): Promise<void> {
    const id = this.#newId(kind)
    let offset = 0
    for (const piece of pieces) {
      this.emit({ type: 'delta', id, kind, text: piece, offset })
      offset += piece.length
      if (pieceMs > 0) await this.wait(pieceMs)
    }
    this.emit({ type: 'message-end', id })
  }

  tool(name: string, input: unknown): { result(output: unknown, options?: { isError?: boolean }): void; readonly toolCallId: string } {
    const toolCallId = this.#newId('call')
    this.message('tool_call', { name, input, toolCallId }, { id: toolCallId })
    return {
      toolCallId,
      result: (output, { isError = false } = {}) => {
        this.message('tool_result', { output, toolCallId, ...(isError && { isError }) }, { id: `${toolCallId}-result` })
      },
    }
  }

  async ask(title: string, options: readonly PermissionOption[], fields: { input?: unknown; toolCallId?: string } = {}): Promise<string | undefined> {
    const id = this.#newId('question')
    const answered = new Promise<string | undefined>((resolve) => this.#questions.set(id, resolve))
    this.emit({ type: 'permission', request: { id, title, options, ...fields } })
    const optionId = await answered
    if (this.stopped) throw new TurnStopped()
    return optionId
  }

  plan(entries: readonly PlanEntry[]): void {
    this.emit({ type: 'plan', entries })
  }

  cost(report: { costUsd?: number; inputTokens: number; outputTokens: number; contextUsed?: number; contextSize?: number }): void {
    this.emit({ type: 'cost', ...report })
  }

  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        this.#waits.delete(wake)
        resolve()
      }, ms)
      const wake = (): void => {
        this.#clock.clearTimeout(timer)
        resolve()
      }
      this.#waits.add(wake)
    })
    if (this.stopped) throw new TurnStopped()
  }

  fail(error: string): void {
    this.#end({ type: 'status', status: 'error', error })
  }

  #end(event: { type: 'status'; status: string; error?: string }): void {
    if (this.#ended) return
    this.#ended = true
    this.emit(event)
  }

  /** The same in each run of the same script, and unique in its session. */
  #newId(kind: string): string {
    this.#count += 1
    return `${this.run}-${kind}-${this.#count}`
  }
}
