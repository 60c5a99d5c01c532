import {
  type Abilities,
  type AgentSessionEvent,
  type Clock,
  errorText,
  type PermissionAnswer,
  type Prompt,
  promptText,
  type Reply,
  type SessionContext,
  within,
} from '@agent-session/core'
import { agentProblem, type AgentStart, field, KeptAgent, listField, newTurn, refusal, textField, type Turn } from '@agent-session/core/transport'
import { ClaudeProcess } from './claude-process.ts'
import type { ClaudeSdk } from './claude-sdk.ts'
import { expectFolder } from './expect-folder.ts'
import { ClaudeFold } from './fold/claude-fold.ts'
import { type ToolRequest, type ToolVerdict, unanswered } from './fold/permission-question.ts'
import { bypassMode, permissionModes } from './fold/session-offers.ts'
import { keptSession } from './kept-session.ts'
import { isUuid, promptMessage } from './prompt-message.ts'
import { type HostOptions, queryOptions } from './query-options.ts'

/** More questions at once than any person could answer: an agent that asks so many has lost its mind. */
const mostQuestions = 100

export interface ClaudeSessionOptions {
  readonly sdk: () => Promise<ClaudeSdk>
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  hostOptions(context: SessionContext): HostOptions
  readonly mcpServers: Readonly<Record<string, unknown>>
  readonly allowBypass: boolean
  readonly handshakeMs: number
  readonly killAfterMs: number
  readonly idleMs: number
  newId(): string
  emit(event: AgentSessionEvent): void
}

const ok: Reply = { ok: true }
const stoppedBefore = 'Stopped before it began'

/**
 * One session and the process of Claude Code that serves it. Between turns the process waits for the next prompt, and
 * after a while it is let go of; it can always come back, since the program keeps each session on disk.
 */
export class ClaudeSession {
  readonly context: SessionContext
  readonly #sessionId: string
  readonly #options: ClaudeSessionOptions
  readonly #fold: ClaudeFold
  readonly #questions = new Map<string, (verdict: ToolVerdict) => void>()
  readonly #kept: KeptAgent<ClaudeProcess>
  #turn: Turn | undefined
  #mode: string | undefined
  #model: string | undefined
  #closed = false
  /** The program does not know the session that it was to go on with. */
  #isUnknown = false

  constructor(sessionId: string, context: SessionContext, options: ClaudeSessionOptions) {
    this.context = context
    this.#sessionId = sessionId
    this.#options = options
    this.#fold = new ClaudeFold(sessionId)
    const { clock, handshakeMs, killAfterMs, idleMs } = options
    this.#kept = new KeptAgent({ clock, handshakeMs, killAfterMs, idleMs, lateWords: `Claude was not ready within ${Math.round(handshakeMs / 1000)} s` })
    this.#mode = context.permissionMode
    this.#model = context.model
  }

  get agentSessionId(): string | undefined {
    return this.#fold.agentSessionId ?? this.context.agentSessionId
  }

  /** Sends a prompt. With `steer` it goes into the turn that is under way. */
  async prompt(run: string, prompt: Prompt, messageId: string, steer: boolean): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    const uuid = isUuid(messageId) ? messageId : this.#options.newId()
    if (this.#turn !== undefined) return steer ? this.#steer(this.#turn, run, prompt, uuid) : refusal('Claude is still busy with the prompt before', 'session-running')
    const turn = newTurn(run)
    this.#turn = turn
    this.#kept.awake()
    this.#emit(this.#fold.beginRun({ run, text: promptText(prompt), uuid }, this.#now))
    try {
      const process = await this.#up()
      if (turn.stopped) throw agentProblem('agent-exited', stoppedBefore)
      process.send(promptMessage(prompt, uuid))
      return ok
    } catch (error) {
      // Where it has ended already another one may be under way.
      if (this.#turn === turn) {
        this.#fold.cancelRun()
        this.#overTurn()
      }
      return refusal(error)
    }
  }

  async stop(run: string): Promise<Reply> {
    const turn = this.#turn
    if (turn === undefined || turn.run !== run) return ok
    turn.stopped = true
    const process = this.#kept.current
    if (process === undefined || this.#kept.isOpening) {
      // It is not up yet: there is nothing to stop, and nothing to lose.
      await this.#letGo(stoppedBefore)
      await turn.over
      return ok
    }
    this.#emit(this.#fold.stop(this.#now))
    const { clock, killAfterMs } = this.#options
    const receipt = process.interrupt().catch((error: unknown) => ({ refused: errorText(error) }))
    const ended = await within(clock, killAfterMs, Promise.race([receipt.then((told) => this.#afterInterrupt(process, told, turn)), turn.over]))
    // It does not listen. The next prompt begins with a new process, which goes on with the session.
    if (!ended.timely) await process.kill()
    await turn.over
    return ok
  }

  async respond({ requestId, optionId, input, text }: PermissionAnswer): Promise<Reply> {
    const answer = this.#questions.get(requestId)
    if (answer === undefined) return refusal('This question is not open any more', 'permission-not-pending')
    const verdict =
      optionId === undefined
        ? { ...unanswered, ...(text !== undefined && text !== '' && { message: text }) }
        : this.#fold.verdict(requestId, { optionId, ...(input !== undefined && { input }), ...(text !== undefined && { text }) })
    if (verdict === undefined) return refusal('This question is not open any more', 'permission-not-pending')
    if (typeof verdict === 'string') return refusal(verdict, verdict.startsWith('The question has no option') ? 'permission-option-unknown' : 'invalid-argument')
    this.#questions.delete(requestId)
    this.#emit(this.#fold.settled(requestId, optionId, this.#now))
    answer(verdict)
    return ok
  }

  async configure({ mode, model }: { readonly mode?: string; readonly model?: string }): Promise<Reply> {
    if (this.#closed) return refusal('The transport is closed', 'disconnected')
    if (mode === bypassMode.id && !this.#options.allowBypass) return refusal(`The mode "${mode}" is off on this host`, 'not-supported')
    if (mode !== undefined && mode !== bypassMode.id && !permissionModes.some(({ id }) => id === mode)) {
      return refusal(`Claude has no mode "${mode}"; it has ${permissionModes.map(({ id }) => id).join(', ')}`, 'invalid-argument')
    }
    try {
      const process = await this.#kept.ready()
      // Without a process it is taken by the next one.
      if (mode !== undefined) await process?.setMode(mode)
      if (mode !== undefined) this.#mode = mode
      if (model !== undefined) await process?.setModel(model)
      if (model !== undefined) this.#model = model
      this.#options.emit({ type: 'session', sessionId: this.#sessionId, ...(mode !== undefined && { mode }), ...(model !== undefined && { model }) })
      return ok
    } catch (error) {
      return refusal(error)
    }
  }

  /** Lets go of a process that waits, so that another one can go on with the session. */
  async release(): Promise<void> {
    if (this.#turn === undefined && !this.#kept.isOpening) await this.#kept.current?.kill()
  }

  /** Ends the process; a run that is under way is called off. */
  async forget(): Promise<void> {
    await this.#letGo('The session was forgotten')
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#kept.awake()
    await this.#letGo('The transport is closed')
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  async #steer(turn: Turn, run: string, prompt: Prompt, uuid: string): Promise<Reply> {
    try {
      const process = await this.#kept.ready()
      if (turn.run !== run || turn !== this.#turn || turn.stopped || process === undefined) throw agentProblem('session-running', 'The turn is just ending; send the prompt after it')
      this.#fold.steer(uuid)
      process.send(promptMessage(prompt, uuid))
      return ok
    } catch (error) {
      return refusal(error)
    }
  }

  /** A prompt that it has not begun with would still be run: then only its end helps. */
  async #afterInterrupt(process: ClaudeProcess, receipt: unknown, turn: Turn): Promise<void> {
    if (listField(receipt, 'still_queued').length > 0 || field(receipt, 'refused') !== undefined) await process.kill()
    await turn.over
  }

  /** The process, started if it is not up. */
  #up(): Promise<ClaudeProcess> {
    return this.#kept.up((start) => this.#begin(start))
  }

  async #begin(start: AgentStart<ClaudeProcess>): Promise<ClaudeProcess> {
    const known = this.agentSessionId
    const resume = known === '' ? undefined : known
    const sdk = await this.#options.sdk()
    await expectFolder(this.context.cwd)
    if (resume !== undefined) await this.#remember(sdk, resume)
    this.#isUnknown = false
    try {
      return await this.#start(sdk, start, resume)
    } catch (error) {
      if (resume === undefined || !this.#isUnknown || !start.isWanted) throw error
      // It has forgotten the session: a new one takes its place, and says so.
      this.#fold.restart()
      return this.#start(sdk, start, undefined)
    }
  }

  async #start(sdk: ClaudeSdk, start: AgentStart<ClaudeProcess>, resume: string | undefined): Promise<ClaudeProcess> {
    // Nobody waits for it any more.
    if (!start.isWanted) throw agentProblem('agent-exited', stoppedBefore)
    const { clock, env, allowBypass, mcpServers } = this.#options
    const options = queryOptions({ context: this.context, env, host: this.#options.hostOptions(this.context), mcpServers, allowBypass, mode: this.#mode, model: this.#model, resume })
    const process: ClaudeProcess = this.#launch(() =>
      new ClaudeProcess(sdk, clock, options, (toolName, input, details) => this.#ask({ toolName, input, details }, details.signal), {
        received: (message) => this.#receive(message, process),
        gone: (words) => this.#lose(process, words),
      }),
    )
    await start.hold(process)
    try {
      this.#emit(this.#fold.offers(await process.offers(), { bypass: allowBypass, abilities: abilitiesOf(sdk) }, this.#now))
    } catch (cause) {
      this.#kept.lose(process)
      await process.kill()
      throw agentProblem('agent-exited', errorText(cause), cause)
    }
    return process
  }

  #launch(start: () => ClaudeProcess): ClaudeProcess {
    try {
      return start()
    } catch (cause) {
      throw agentProblem('agent-not-found', `Claude could not be started: ${errorText(cause)}`, cause)
    }
  }

  /** What the program has of a session that is gone on with, so that nothing is missing that was said elsewhere meanwhile. */
  async #remember(sdk: ClaudeSdk, agentSessionId: string): Promise<void> {
    const { cwd } = this.context
    try {
      const kept = await keptSession(sdk, agentSessionId, cwd)
      this.#emit(this.#fold.history(kept, this.#now))
    } catch (error) {
      // The program itself may still go on with it.
      this.#emit(this.#fold.historyFailed(errorText(error), this.#now))
    }
  }

  #receive(message: unknown, process: ClaudeProcess): void {
    if (this.#kept.current !== process && this.#kept.current !== undefined) return
    // Before a prompt is sent this is no result, but why the program will not go on with the session.
    if (this.#kept.isOpening && field(message, 'type') === 'result') {
      this.#isUnknown = listField(message, 'errors').some((error) => typeof error === 'string' && error.includes('No conversation found'))
      return
    }
    const wasRunning = this.#fold.running
    this.#emit(this.#fold.received(message, this.#now))
    if (textField(message, 'permissionMode') !== undefined) this.#mode = textField(message, 'permissionMode')
    if (wasRunning && !this.#fold.running) this.#overTurn()
  }

  #ask(request: ToolRequest, signal: AbortSignal): Promise<ToolVerdict> {
    if (this.#questions.size >= mostQuestions) return Promise.resolve(unanswered)
    const { events, id } = this.#fold.ask(request, this.#now)
    return new Promise((resolve) => {
      if (id === undefined) return resolve(unanswered)
      const before = this.#questions.get(id)
      this.#questions.set(id, (verdict) => {
        before?.(verdict)
        resolve(verdict)
      })
      signal.addEventListener('abort', () => this.#withdraw(id), { once: true })
      // Only now: whoever hears of a question may answer it at once.
      this.#emit(events)
      if (signal.aborted) this.#withdraw(id)
    })
  }

  /** The program does not want the answer any more. */
  #withdraw(id: string): void {
    const answer = this.#questions.get(id)
    if (answer === undefined) return
    this.#questions.delete(id)
    this.#emit(this.#fold.settled(id, undefined, this.#now))
    answer(unanswered)
  }

  #overTurn(): void {
    const turn = this.#turn
    this.#turn = undefined
    for (const id of this.#questions.keys()) this.#withdraw(id)
    this.#rest()
    turn?.finish()
  }

  /** A process need not wait for ever: the next prompt starts another one, which goes on with the session. */
  #rest(): void {
    if (this.#turn === undefined && !this.#closed) this.#kept.rest()
  }

  #lose(process: ClaudeProcess, words: string): void {
    if (!this.#kept.lose(process)) return
    // Before the prompt was sent the refusal of the start tells it.
    if (this.#kept.isOpening) return
    const wasRunning = this.#fold.running
    const events = this.#fold.lost(this.#turn?.stopped === true ? { reason: 'stopped' } : { reason: 'error', error: words }, this.#now)
    // Whoever closes the transport is no longer told: its run was neither stopped nor did it fail.
    if (!this.#closed) this.#emit(events)
    if (wasRunning) this.#overTurn()
  }

  async #letGo(why: string): Promise<void> {
    await this.#kept.callOff(why)
    await this.#kept.current?.kill()
  }

  #emit(events: readonly AgentSessionEvent[]): void {
    for (const event of events) this.#options.emit(event)
  }
}

const abilitiesOf = ({ forkSession, deleteSession, listSessions }: ClaudeSdk): Abilities => ({
  steer: true,
  resume: true,
  fork: forkSession !== undefined,
  forget: deleteSession !== undefined,
  list: listSessions !== undefined,
  images: true,
  files: true,
})
