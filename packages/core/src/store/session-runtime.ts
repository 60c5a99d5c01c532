import { budgetStanding, type BudgetStanding } from '../budget/budget.ts'
import { AgentSessionError } from '../errors.ts'
import { sessionLimits, type Limits } from '../limits.ts'
import type { AgentSessionEvent } from '../ports/agent-event.ts'
import type { Cursor } from '../ports/cursor.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch } from '../ports/session-storage.ts'
import type { DirectoryEntry, SessionDirectory } from '../replica/session-directory.ts'
import type { ReduceContext } from '../reduce/reduce-context.ts'
import type { StoreAction } from '../reduce/store-action.ts'
import { reduce } from '../reduce/reduce.ts'
import { EventOrder } from '../route/event-order.ts'
import { Journal } from '../route/journal.ts'
import { endNotification } from '../session/end-notification.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionModel } from '../session/session-model.ts'
import type { SessionRecord } from '../session/session-record.ts'
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
  /** Asks the transport for what came after the cursor; whether it is coming. */
  readonly askAgain: (runtime: SessionRuntime) => Promise<boolean>
  /** The session went past its budget while a run was under way. */
  readonly onBudgetExceeded: (runtime: SessionRuntime) => void
  /** After all else that the end of a run brings. */
  readonly onRunEnded: (runtime: SessionRuntime) => void
}

/**
 * One session of the owner, with all that belongs to it: the order of its events, `reduce`, the journal and the
 * timers. What an event does goes one way: order, reduce, apply; and from there to notice, journal and timers.
 */
export class SessionRuntime {
  readonly journal: Journal
  #limits: Limits
  readonly #env: RuntimeEnvironment
  readonly #entry: DirectoryEntry
  readonly #model: SessionModel
  readonly #order: EventOrder
  readonly #stallTimer: StallTimer
  readonly #cleanupTimer: OwnedTimer
  readonly #gapTimer: OwnedTimer
  /** From where it was asked what came, the oldest first; `null`: from the start. */
  readonly #asked: { readonly from: Cursor | null }[] = []
  #closed = false
  #asking = false
  #budgetLevel: BudgetStanding['level'] = 'within'

  constructor(env: RuntimeEnvironment, entry: DirectoryEntry, cursor?: Cursor) {
    const { model } = entry
    this.#env = env
    this.#entry = entry
    this.#model = model
    this.#limits = sessionLimits(env.limits, model.state.limits)
    this.#order = new EventOrder(this.limits.reorderEvents, cursor, isUntold(model))
    this.#cleanupTimer = new OwnedTimer(env.clock)
    this.#gapTimer = new OwnedTimer(env.clock)
    this.#stallTimer = new StallTimer(env.clock, () => this.#stalled())
    this.journal = new Journal({
      clock: env.clock,
      limits: this.limits,
      random: env.random,
      commit: env.commit,
      refusal: env.refusal,
      record: () => this.#stored(),
      message: (id) => model.log.get(id),
      messagesFrom: (seqId) => model.log.between(seqId - 1, Infinity, Infinity),
      onState: (saved) => saved === this.state.saved || this.update({ saved }),
      onError: (error) => env.fail(this.#of(error)),
    })
  }

  get state(): SessionState {
    return this.#model.state
  }

  /** Up to here everything has been applied, also by the process that the session was read after. */
  get cursor(): Cursor | undefined {
    return this.#order.last
  }

  /**
   * What came after the cursor is asked for. Until that is answered storage knows of it: a process that dies before, and a
   * host that numbers anew meanwhile, would leave nobody who knows what was missed.
   */
  async asking<Answer>(ask: (cursor: Cursor | undefined) => Promise<Answer>): Promise<Answer> {
    const asked = { from: this.cursor ?? null }
    this.#asked.push(asked)
    try {
      return await ask(asked.from ?? undefined)
    } finally {
      this.#asked.splice(this.#asked.indexOf(asked), 1)
      // What was stored meanwhile says that the answer is missing.
      if (this.cursor && this.cursor.epoch !== asked.from?.epoch) this.journal.noteCursor(this.cursor)
    }
  }

  /** Whether a prompt is on its way that the transport has not answered. */
  get awaitsDelivery(): boolean {
    for (const id of this.#model.log.open) if (this.#model.log.get(id)?.delivery === 'sending') return true
    return false
  }

  /** A message that is resident. */
  message(id: string): SessionMessage | undefined {
    return this.#model.log.get(id)
  }

  /** An event of the agent, checked already. */
  receive(event: AgentSessionEvent): void {
    if (this.#closed) return
    // What bears no number has no order: it waits for nothing, and nothing that is missing comes with it.
    if (event.cursor === undefined) return this.#route(event)
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

  /** The store's, with the session's own in their place. */
  get limits(): Limits {
    return this.#limits
  }

  /** The store has others now. */
  limitsChanged(): void {
    this.#limits = sessionLimits(this.#env.limits, this.state.limits)
    this.#stallTimer.change(this.#limits.stallMs)
    if (this.#cleanupTimer.armed) this.#awaitCleanup()
  }

  /** The person or the store did something: the agent's silence counts from now. */
  touch(at = this.#env.clock.monotonic()): void {
    if (!this.state.live) return
    this.#stallTimer.touch(at)
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
    const at = this.#env.clock.monotonic()
    this.touch(at)
    // Before what it covers, since the end of a run is saved at once: record, messages and cursor go together (promise 4).
    if (event.cursor !== undefined) this.journal.noteCursor(event.cursor)
    this.#reduce(event, at)
  }

  #reduce(input: AgentSessionEvent | StoreAction, at = this.#env.clock.monotonic()): void {
    const { clock, directory, warn } = this.#env
    const before = this.state
    const { changes, reports } = reduce(this.#model, input, new Moment(clock, this.limits))
    for (const change of changes) directory.applyTo(this.#entry, change, at)
    for (const change of changes) this.journal.note(change)
    for (const { code, message, detail } of reports) warn(this.#of(new AgentSessionError(code, message, { detail })))
    const after = this.state
    if (after === before) return
    if (after.live !== before.live) {
      if (after.live) this.#runBegan()
      else this.#runEnded()
    } else if (after.run !== before.run) {
      // An agent that rested within its run was prompted: what it did before is no sign of the new run.
      this.#runBegan()
    } else if (after.status !== before.status) this.journal.saveNow()
    if (after.budget !== undefined) this.#watchBudget(after, before)
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
    this.#awaitCleanup()
    const notification = endNotification(this.state)
    if (notification) notify(notification)
    onRunEnded(this)
  }

  #awaitCleanup(): void {
    // F32: what runs again stays.
    this.#cleanupTimer.set(this.limits.cleanupMs, () => this.state.live || this.update({ current: false }))
  }

  /** Each level is told once, as it is reached. */
  #watchBudget({ budget, turns, live, sessionId, projectId, ...usage }: SessionState, before: SessionState): void {
    const { level, text } = budgetStanding(budget, usage, turns)
    if (level === this.#budgetLevel) {
      // An agent that would not stop is asked again as soon as it has used more.
      const usedMore = usage.costUsd > before.costUsd || usage.inputTokens + usage.outputTokens > before.inputTokens + before.outputTokens
      if (level === 'exceeded' && live && usedMore) this.#env.onBudgetExceeded(this)
      return
    }
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
    const coming = await this.#env.askAgain(this)
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

  #stored(): SessionRecord {
    const { state, log } = this.#model
    // One that is asked later, of what came after, says nothing of what an earlier one is still to tell.
    const [asked] = this.#asked
    return { ...recordOf(state), ...(log.open.size > 0 && { open: log.openSeqIds() }), ...(asked && { asked: asked.from }) }
  }

  /** The same error, told of this session. */
  #of(error: AgentSessionError): AgentSessionError {
    if (error.sessionId !== undefined) return error
    const { sessionId, projectId } = this.state
    return error.about(sessionId, projectId)
  }
}

/** One event's time: asked for once, and only by what keeps it. */
class Moment implements ReduceContext {
  readonly limits: Limits
  readonly #clock: Clock
  #now: number | undefined

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock
    this.limits = limits
  }

  get now(): number {
    return (this.#now ??= this.#clock.now())
  }
}

/** Whether the agent has said nothing yet: what comes is the beginning. */
const isUntold = ({ log, hasOlder }: SessionModel): boolean => !hasOlder && log.snapshot().every(({ role }) => role === 'user')
