import type { Budget } from '../budget/budget.ts'
import type { MessageRange } from '../ports/session-storage.ts'
import type { AgentSession, PermissionReply, SessionConfiguration, SessionNotice } from './agent-session.ts'
import type { CommandResult, PromptResult, StartResult } from './command-result.ts'
import type { Prompt } from './prompt.ts'
import type { SessionMessage } from './session-message.ts'
import type { SessionModel } from './session-model.ts'
import { recordOf } from './session-state.ts'

/** What a view asks of its store, be it the owner or a mirror. */
export interface SessionCommands {
  /** As `AgentStore.promptSession`. */
  promptSession(sessionId: string, prompt: Prompt): Promise<PromptResult>
  /** As `AgentStore.withdraw`. */
  withdraw(sessionId: string, messageId: string): Promise<CommandResult>
  /** As `AgentStore.stopSession`. */
  stopSession(sessionId: string): Promise<CommandResult>
  /** As `AgentStore.respond`. */
  respond(sessionId: string, requestId: string, reply: PermissionReply): Promise<CommandResult>
  /** As `AgentStore.retry`. */
  retry(sessionId: string, messageId: string): Promise<PromptResult>
  /** As `AgentStore.configure`. */
  configure(sessionId: string, change: SessionConfiguration): Promise<CommandResult>
  /** As `AgentStore.rename`. */
  rename(sessionId: string, title: string): Promise<CommandResult>
  /** As `AgentStore.pin`. */
  pin(sessionId: string, pinned: boolean): Promise<CommandResult>
  /** As `AgentStore.setBudget`. */
  setBudget(sessionId: string, budget: Budget | undefined): Promise<CommandResult>
  /** As `AgentStore.forkSession`. */
  forkSession(sessionId: string): Promise<StartResult>
  /** As `AgentStore.logIn`. */
  logIn(sessionId: string, methodId: string): Promise<CommandResult>
  /** As `AgentStore.loadMessages`. */
  loadMessages(sessionId: string, range?: MessageRange): Promise<SessionMessage[]>
}

/** A listener that throws is told here, and stops nobody else (promise 8). */
export type ListenerFailure = (error: unknown) => void

/** The live read-only face of a `SessionModel`. */
export class SessionView implements AgentSession {
  readonly #model: SessionModel
  readonly #commands: SessionCommands
  readonly #onFailure: ListenerFailure
  readonly #listeners = new Set<(notice: SessionNotice) => void>()
  /** Made for the first: most sessions are watched as a whole, or not at all. */
  #messageListeners: Map<string, Set<(message: SessionMessage | undefined) => void>> | undefined
  #loading: Promise<number> | undefined

  constructor(model: SessionModel, commands: SessionCommands, onFailure: ListenerFailure) {
    this.#model = model
    this.#commands = commands
    this.#onFailure = onFailure
  }

  get sessionId() { return this.#model.state.sessionId }
  get projectId() { return this.#model.state.projectId }
  get provider() { return this.#model.state.provider }
  get status() { return this.#model.state.status }
  get live() { return this.#model.state.live }
  get current() { return this.#model.state.current }
  get saved() { return this.#model.state.saved }
  get stall() { return this.#model.state.stall }
  get abilities() { return this.#model.state.abilities }
  get login() { return this.#model.state.login }
  get settings() { return this.#model.state.settings }
  get costUsd() { return this.#model.state.costUsd }
  get inputTokens() { return this.#model.state.inputTokens }
  get outputTokens() { return this.#model.state.outputTokens }
  get cachedInputTokens() { return this.#model.state.cachedInputTokens }
  get usageBeforeRun() { return this.#model.state.usageBeforeRun }
  get contextUsed() { return this.#model.state.contextUsed }
  get contextSize() { return this.#model.state.contextSize }
  get model() { return this.#model.state.model }
  get error() { return this.#model.state.error }
  get endReason() { return this.#model.state.endReason }
  get title() { return this.#model.state.title }
  get renamed() { return this.#model.state.renamed }
  get agentSessionId() { return this.#model.state.agentSessionId }
  get mode() { return this.#model.state.mode }
  get modes() { return this.#model.state.modes }
  get models() { return this.#model.state.models }
  get commands() { return this.#model.state.commands }
  get plan() { return this.#model.state.plan }
  get permissions() { return this.#model.state.permissions }
  get queue() { return this.#model.state.queue }
  get continuity() { return this.#model.state.continuity }
  get run() { return this.#model.state.run }
  get options() { return this.#model.state.options }
  get forkedFrom() { return this.#model.state.forkedFrom }
  get pinned() { return this.#model.state.pinned }
  get budget() { return this.#model.state.budget }
  get limits() { return this.#model.state.limits }
  get turns() { return this.#model.state.turns }
  get createdAt() { return this.#model.state.createdAt }
  get updatedAt() { return this.#model.state.updatedAt }
  get lastSeqId() { return this.#model.state.lastSeqId }

  get record() { return recordOf(this.#model.state) }
  get messages() { return this.#model.log.snapshot() }
  get messageIds() { return this.#model.log.ids() }
  get messageCount() { return this.#model.log.length }
  get lastMessage() { return this.#model.log.at(this.#model.log.length - 1) }
  get hasOlder() { return this.#model.hasOlder }

  messageAt(index: number): SessionMessage | undefined {
    return this.#model.log.at(index)
  }

  findMessage(id: string): SessionMessage | undefined {
    return this.#model.log.get(id)
  }

  subscribe(listener: (notice: SessionNotice) => void): () => void {
    // A wrapper of its own, so that the same function subscribed twice is two subscriptions.
    const own = (notice: SessionNotice): void => listener(notice)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  subscribeMessage(id: string, listener: (message: SessionMessage | undefined) => void): () => void {
    const own = (message: SessionMessage | undefined): void => listener(message)
    const all = (this.#messageListeners ??= new Map())
    const listeners = all.get(id) ?? new Set()
    all.set(id, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && all.get(id) === listeners) all.delete(id)
      if (all.size === 0 && this.#messageListeners === all) this.#messageListeners = undefined
    }
  }

  /** Whether anybody looks: a session that is watched is kept. */
  get watched(): boolean {
    return this.#listeners.size > 0 || this.#messageListeners !== undefined
  }

  /** Gives one notice; for the store. `messageIds` is asked only where somebody listens to a message. */
  notify(notice: SessionNotice, messageIds: () => Iterable<string>): void {
    if (this.#messageListeners !== undefined) {
      for (const id of messageIds()) {
        const listeners = this.#messageListeners?.get(id)
        if (listeners) this.#tell(listeners, this.#model.log.get(id))
      }
    }
    this.#tell(this.#listeners, notice)
  }

  prompt(prompt: Prompt): Promise<PromptResult> {
    return this.#commands.promptSession(this.sessionId, prompt)
  }

  withdraw(messageId: string): Promise<CommandResult> {
    return this.#commands.withdraw(this.sessionId, messageId)
  }

  stop(): Promise<CommandResult> {
    return this.#commands.stopSession(this.sessionId)
  }

  respond(requestId: string, reply: PermissionReply): Promise<CommandResult> {
    return this.#commands.respond(this.sessionId, requestId, reply)
  }

  retry(messageId: string): Promise<PromptResult> {
    return this.#commands.retry(this.sessionId, messageId)
  }

  configure(change: SessionConfiguration): Promise<CommandResult> {
    return this.#commands.configure(this.sessionId, change)
  }

  rename(title: string): Promise<CommandResult> {
    return this.#commands.rename(this.sessionId, title)
  }

  pin(pinned: boolean): Promise<CommandResult> {
    return this.#commands.pin(this.sessionId, pinned)
  }

  setBudget(budget: Budget | undefined): Promise<CommandResult> {
    return this.#commands.setBudget(this.sessionId, budget)
  }

  fork(): Promise<StartResult> {
    return this.#commands.forkSession(this.sessionId)
  }

  logIn(methodId: string): Promise<CommandResult> {
    return this.#commands.logIn(this.sessionId, methodId)
  }

  loadOlder(count: number): Promise<number> {
    this.#loading ??= this.#loadOlder(count).finally(() => (this.#loading = undefined))
    return this.#loading
  }

  releaseOlder(): void {
    this.#model.releasePages()
  }

  async #loadOlder(count: number): Promise<number> {
    const first = this.#model.log.at(0)
    // What is no number asks for nothing.
    const wanted = Math.floor(count)
    if (!this.hasOlder || first === undefined || !(wanted >= 1)) return 0
    // One more than asked for tells whether there are more still.
    const found = await this.#commands.loadMessages(this.sessionId, { before: first.seqId, limit: wanted + 1 })
    const older = found.slice(-wanted)
    // The front may have moved meanwhile: a restore, another reader.
    if (this.#model.log.at(0)?.seqId !== first.seqId) return 0
    this.#model.prepend(older, found.length > wanted)
    this.notify({ fields: new Set(['messages', 'messageList']) }, () => older.map((message) => message.id))
    return older.length
  }

  #tell<News>(listeners: ReadonlySet<(news: News) => void>, news: News): void {
    for (const listener of listeners) {
      try {
        listener(news)
      } catch (error) {
        this.#onFailure(error)
      }
    }
  }
}
