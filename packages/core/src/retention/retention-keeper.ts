import { AgentSessionError, errorText } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Page, SessionSummary } from '../ports/session-storage.ts'
import type { SettingsSource } from '../ports/settings-source.ts'
import { textField } from '../raw-content.ts'
import { within } from '../timers/deadline.ts'
import { planRetention, type KeepReason, type RetentionPlan } from './plan-retention.ts'
import { defaultRetention, resolveRetention, retentionSetting, type RetentionPolicy } from './retention-policy.ts'

export interface RetentionKeeperOptions {
  readonly policy: RetentionPolicy
  readonly settings: SettingsSource | undefined
  readonly clock: Clock
  readonly timeoutMs: number
  readonly list: (projectId: string, page: Page) => Promise<SessionSummary[]>
  readonly keeps: (session: SessionSummary) => KeepReason | undefined
  /** From memory and from storage. */
  readonly remove: (sessionId: string) => Promise<void>
  /** The store has come to its end: nothing more is removed. */
  readonly isOver: () => boolean
  readonly onError: (error: AgentSessionError) => void
}

const pageLimit = 200

/** Holds the policy, and carries its plan out when a session completes (B22, T14). */
export class RetentionKeeper {
  readonly #options: RetentionKeeperOptions
  #policy: RetentionPolicy
  /** That the storage cannot do what retention needs has been told. */
  #saidUnable = false

  constructor(options: RetentionKeeperOptions) {
    this.#options = options
    this.#policy = options.policy
  }

  get policy(): RetentionPolicy {
    return this.#policy
  }

  /** Throws `invalid-argument` for what is no number. */
  set(policy: Partial<RetentionPolicy>): void {
    this.#policy = resolveRetention(policy, this.#policy)
  }

  /** Throws `settings-failed`. */
  async load(): Promise<void> {
    const { settings, clock, timeoutMs } = this.#options
    if (settings === undefined) return
    // A source may throw before it gives a promise: that is a failure like any other.
    const reading = (async () => settings.getAll())()
    const answer = await within(clock, timeoutMs, reading).catch((cause: unknown) => {
      throw new AgentSessionError('settings-failed', `The settings could not be read: ${errorText(cause)}`, { cause })
    })
    if (!answer.timely) throw new AgentSessionError('settings-failed', `The settings did not answer within ${timeoutMs} ms.`)
    this.#policy = {
      count: retentionSetting('count', textField(answer.value, 'session_retention_count')) ?? defaultRetention.count,
      days: retentionSetting('days', textField(answer.value, 'session_retention_days')) ?? defaultRetention.days,
    }
  }

  /** By the policy as it would be with what is given. Throws `invalid-argument` for what is no number. */
  async plan(projectId: string, given: Partial<RetentionPolicy>): Promise<RetentionPlan> {
    const policy = resolveRetention(given, this.#policy)
    return this.#plan(await this.#all(projectId), policy)
  }

  /** Never rejects: what could not be removed is told, and is tried with the next session that completes. */
  async enforce(projectId: string): Promise<void> {
    const { keeps, remove, isOver, onError } = this.#options
    try {
      const sessions = await this.#all(projectId)
      const policy = this.#policy
      const going = new Set(this.#plan(sessions, policy).remove.map(({ sessionId }) => sessionId))
      for (const session of sessions) {
        if (isOver()) return
        // Somebody has said meanwhile that more are to stay, or fewer: of those that are left now.
        if (policy !== this.#policy) return await this.enforce(projectId)
        // F32: asked again just before, for it may have begun to run, or somebody to look at it.
        if (going.has(session.sessionId) && keeps(session) === undefined) await remove(session.sessionId)
      }
    } catch (cause) {
      if (AgentSessionError.isInstance(cause) && cause.code === 'not-supported') {
        // It will not be able to the next time either.
        if (!this.#saidUnable) onError(new AgentSessionError(cause.code, `Old sessions stay: ${cause.message}`, { cause, projectId }))
        this.#saidUnable = true
        return
      }
      onError(new AgentSessionError('storage-failed', `Old sessions could not be removed: ${errorText(cause)}`, { cause, projectId }))
    }
  }

  #plan(sessions: readonly SessionSummary[], policy: RetentionPolicy): RetentionPlan {
    return planRetention(sessions, policy, this.#options.clock.now(), this.#options.keeps)
  }

  async #all(projectId: string): Promise<readonly SessionSummary[]> {
    const sessions: SessionSummary[] = []
    for (;;) {
      const page = await this.#options.list(projectId, { limit: pageLimit, offset: sessions.length })
      sessions.push(...page)
      if (page.length < pageLimit) return sessions
    }
  }
}
