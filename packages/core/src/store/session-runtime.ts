import { budgetStanding, type BudgetStanding } from '../budget/budget.ts'
import { AgentSessionError } from '../errors.ts'
import { sessionLimits, type Limits } from '../limits.ts'
import type { AgentSessionEvent, Cursor } from '../ports/agent-event.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch } from '../ports/session-storage.ts'
import type { SessionDirectory } from '../replica/session-directory.ts'
import type { StoreAction } from '../reduce/store-action.ts'
import { reduce } from '../reduce/reduce.ts'
import { EventOrder } from '../route/event-order.ts'
import { Journal } from '../route/journal.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionModel } from '../session/session-model.ts'
import type { StatePatch } from '../session/session-change.ts'
import { isBusy, recordOf, type SessionState, type Stall } from '../session/session-state.ts'
import { OwnedTimer } from '../timers/owned-timer.ts'
import { StallTimer } from '../timers/stall-timer.ts'
import type { Notification } from './agent-store.ts'

/** What the sessions of one store share. */
export interface RuntimeEnvironment {
  readonly clock: Clock
  readonly limits: Limits
  readonly random: () => number
  readonly directory: SessionDirectory
  readonly commit: (batch: CommitBatch) => Promise<void>
  /** Why nothing may be written now; `undefined` where it may. */
  readonly refusal: () => AgentSessionError | undefined
  readonly connected: () => boolean
  readonly notify: (notification: Notification) => void
  readonly warn: (warning: AgentSessionError) => void
  readonly fail: (error: AgentSessionError) => void
  /** After all else that the end of a run brings. */
  /** Asks the transport for what came after the cursor; whether it is coming. */
  readonly askAgain: (runtime: SessionRuntime, cursor: Cursor | undefined) => Promise<boolean>
  /** The session went past its budget while a run was under way. */
  readonly onBudgetExceeded: (runtime: SessionRuntime) => void
  readonly onRunEnded: (runtime: SessionRuntime) => void
}

/**
 * One session of the owner, with all that belongs to it: the order of its events, `reduce`, the journal and the
 * timers. What an event does goes one way: order, reduce, apply; and from there to notice, journal and timers.
 */
export class SessionRuntime {
  readonly journal: Journal
  /** Up to here everything had been applied when the session was read from storage. */
  readonly cursor: Cursor | undefined
  /** The store's, with the session's own in their place. */
  readonly limits: Limits
  readonly #env: RuntimeEnvironment
  readonly #model: SessionModel
  readonly #order: EventOrder
  readonly #stallTimer: StallTimer
  readonly #cleanupTimer: OwnedTimer
  readonly #gapTimer: OwnedTimer
  #closed = false
  #asking = false
  #budgetLevel: BudgetStanding['level'] = 'within'

  constructor(env: RuntimeEnvironment, model: SessionModel, cursor?: Cursor) {
    this.#env = env
    this.#model = model
    this.cursor = cursor
    this.limits = sessionLimits(env.limits, model.state.limits)
    this.#order = new EventOrder(this.limits.reorderEvents, cursor)
    this.#cleanupTimer = new OwnedTimer(env.clock)
    this.#gapTimer = new OwnedTimer(env.clock)
    this.#stallTimer = new StallTimer(env.clock, () => this.#stalled())
    this.journal = new Journal({
      clock: env.clock,
      limits: this.limits,
      random: env.random,
      commit: env.commit,
      refusal: env.refusal,
      record: () => recordOf(model.state),
      message: (id) => model.log.get(id),
      onState: (saved) => this.update({ saved }),
      onError: (error) => env.fail(this.#of(error)),
    })
  }

  get state(): SessionState {
    return this.#model.state
  }

  /** A message that is resident. */
  message(id: string): SessionMessage | undefined {
    return this.#model.log.get(id)
  }

  /** An event of the agent, checked already. */
  receive(event: AgentSessionEvent): void {
    if (this.#closed) return
    const { gaps } = this.#order
    for (const ready of this.#order.offer(event)) this.#route(ready)
    if (this.#order.gaps > gaps) this.#tellGap()
    if (this.#order.full) this.#skipGap()
    else this.#watchGap()
  }

  /** Something that the store itself does to the session. */
  act(action: StoreAction): void {
    if (!this.#closed) this.#reduce(action)
  }

  /** Sets fields that mean nothing beyond themselves; those that have that value already are left alone. */
  update(patch: StatePatch): void {
    for (const field in patch) {
      if (Reflect.get(patch, field) !== Reflect.get(this.state, field)) return this.act({ type: 'fields', patch })
    }
  }

  /** The person or the store did something: the agent's silence counts from now. */
  touch(): void {
    if (!this.state.live) return
    this.#stallTimer.touch()
    if (this.state.stall === undefined) return
    this.update({ stall: undefined })
    this.#stallTimer.start(this.limits.stallMs)
  }

  /** Ends every timer and forgets what is not saved; resolves when no commit is in flight. */
  close(): Promise<void> {
    this.#closed = true
    this.#stallTimer.stop()
    this.#cleanupTimer.clear()
    this.#gapTimer.clear()
    return this.journal.close()
  }

  #route(event: AgentSessionEvent): void {
    this.touch()
    this.#reduce(event)
    if (event.cursor !== undefined) this.journal.noteCursor(event.cursor)
  }

  #reduce(input: AgentSessionEvent | StoreAction): void {
    const { clock, directory, warn } = this.#env
    const before = this.state
    const { changes, reports } = reduce(this.#model, input, { now: clock.now(), limits: this.limits })
    for (const change of changes) {
      directory.apply(before.sessionId, change)
      this.journal.note(change)
    }
    for (const { code, message, detail } of reports) warn(this.#of(new AgentSessionError(code, message, { detail })))
    const after = this.state
    if (after.live !== before.live) {
      if (after.live) this.#runBegan()
      else this.#runEnded()
    } else if (after.status !== before.status) this.journal.saveNow()
    if (after.budget !== undefined && after !== before) this.#watchBudget(after)
  }

  #runBegan(): void {
    this.#cleanupTimer.clear()
    this.#stallTimer.start(this.limits.stallMs)
    this.journal.saveNow()
  }

  /** However a run ended, it ends all that it had going (T1, T2). */
  #runEnded(): void {
    const { notify, onRunEnded } = this.#env
    this.#stallTimer.stop()
    this.journal.saveNow()
    // Found so when it was read back: loading has no side effects (promise 12).
    if (this.state.endReason === 'interrupted') return
    // F32: what runs again stays.
    this.#cleanupTimer.set(this.limits.cleanupMs, () => this.state.live || this.update({ current: false }))
    const notification = endNotification(this.state)
    if (notification) notify(notification)
    onRunEnded(this)
  }

  /** Each level is told once, as it is reached. */
  #watchBudget({ budget, turns, live, sessionId, projectId, ...usage }: SessionState): void {
    const { level, text } = budgetStanding(budget, usage, turns)
    if (level === this.#budgetLevel) return
    this.#budgetLevel = level
    if (level === 'within' || !live) return
    const said = level === 'warned' ? 'Budget nearly used up on' : 'Budget used up on'
    this.#env.notify({ variant: 'warning', message: `${said} ${projectId} (${text})`, sessionId, projectId })
    if (level === 'exceeded') this.#env.onBudgetExceeded(this)
  }

  #stalled(): void {
    const { clock, notify } = this.#env
    const { limits } = this
    // B17: silence of an agent that rests is no stall.
    if (!isBusy(this.state)) return this.#stallTimer.start(limits.stallMs)
    const cause = this.#silence()
    this.update({ stall: { cause, since: clock.now() - limits.stallMs } })
    if (cause !== 'model') return
    const { sessionId, projectId } = this.state
    const minutes = Number((limits.stallMs / 60_000).toFixed(1))
    notify({
      variant: 'warning',
      message: `Agent stalled on ${projectId} (no activity for ${minutes} min)`,
      sessionId,
      projectId,
    })
  }

  #silence(): Stall['cause'] {
    if (!this.#env.connected()) return 'connection'
    if (this.state.permissions.some((request) => request.state === 'pending')) return 'person'
    for (const id of this.#model.log.open) if (this.#model.log.get(id)?.toolState === 'running') return 'tool'
    return 'model'
  }

  #watchGap(): void {
    if (!this.#order.waiting) return this.#gapTimer.clear()
    if (!this.#gapTimer.armed && !this.#asking) this.#gapTimer.set(this.limits.reorderMs, () => void this.#askAgain())
  }

  /** F17: what is missing is asked for once more, and waited for as long again. */
  async #askAgain(): Promise<void> {
    this.#asking = true
    const coming = await this.#env.askAgain(this, this.#order.last)
    this.#asking = false
    if (this.#closed || !this.#order.waiting) return
    if (coming) this.#gapTimer.set(this.limits.reorderMs, () => this.#skipGap())
    else this.#skipGap()
  }

  /** F18: what is missing will not come; it is shown as missing, and the rest goes on. */
  #skipGap(): void {
    this.#gapTimer.clear()
    const held = this.#order.skip()
    this.#tellGap()
    for (const event of held) this.#route(event)
  }

  #tellGap(): void {
    this.#env.warn(this.#of(new AgentSessionError('sequence-gap', 'Events of the agent are missing; the conversation has a gap.')))
    this.act({ type: 'gap' })
  }

  /** The same error, told of this session. */
  #of(error: AgentSessionError): AgentSessionError {
    if (error.sessionId !== undefined) return error
    const { sessionId, projectId } = this.state
    return error.about(sessionId, projectId)
  }
}

/** B18. */
function endNotification({ status, endReason, error, sessionId, projectId }: SessionState): Notification | undefined {
  const of = { sessionId, projectId }
  if (status === 'error') return { variant: 'error', message: `Agent error on ${projectId}: ${error || 'unknown'}`, ...of }
  if (endReason === 'stopped' || endReason === 'budget') return { variant: 'info', message: `Agent stopped on ${projectId}`, ...of }
  if (status === 'done') return { variant: 'success', message: `Agent completed on ${projectId}`, ...of }
  return undefined
}
