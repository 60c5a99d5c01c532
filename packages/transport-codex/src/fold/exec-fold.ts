import type { AgentSessionEvent } from '@agent-session/core'
import { type EventBody, EventLog, field, type Loss, textField } from '@agent-session/core/transport'
import { ItemLog, type Lane, type Told } from './item-log.ts'
import { SessionUsage } from './session-usage.ts'
import { turnErrorText } from './turn-error.ts'

const lane: Lane = { threadId: 'exec', parentId: undefined }

/**
 * The lines of `codex exec --json`, one process for each prompt, folded into our events. It reads no clock, waits for
 * nothing and throws nothing: the same lines give the same events. What this route lacks is made up: ids, which begin
 * again with each process, are made unique by the run; an end that was not told is told when the process is gone.
 */
export class ExecFold {
  readonly #log: EventLog
  readonly #items = new ItemLog()
  readonly #usage = new SessionUsage()
  #threadId: string | undefined
  #running = false
  /** Whether the process of this run has said which thread it is in. */
  #isOpen = false
  #restarted = false
  /** What Codex said of what went wrong. It may be tried again, and go well. */
  #lastError: string | undefined

  constructor(sessionId: string) {
    this.#log = new EventLog(sessionId)
  }

  /** Codex' id of the session, once it has said it. */
  get threadId(): string | undefined {
    return this.#threadId
  }

  get running(): boolean {
    return this.#running
  }

  /** A process is started for a prompt. */
  beginRun(run: string, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      this.#items.enterRun(run)
      this.#usage.beginRun()
      this.#log.beginRun(run)
      this.#running = true
      this.#isOpen = false
      this.#lastError = undefined
    })
  }

  /** The thread that begins next is a new one, in the place of one that Codex no longer knows. */
  restart(): void {
    this.#restarted = true
  }

  /** One line. */
  received(line: unknown, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (!this.#line(line)) this.#log.unknown(line)
    })
  }

  /** The process is gone. A run that it did not end itself ends by it. */
  lost(loss: Loss, now: number): readonly AgentSessionEvent[] {
    return this.#log.collect(now, () => {
      if (loss.reason === 'stopped') this.#end({ type: 'status', status: 'done', reason: 'stopped' }, true)
      else this.#end({ type: 'status', status: 'error', error: this.#lastError ?? loss.error ?? 'Codex ended without a word' }, true)
    })
  }

  /** Whether the line was understood. */
  #line(line: unknown): boolean {
    switch (field(line, 'type')) {
      case 'thread.started': {
        const threadId = textField(line, 'thread_id')
        // One process has one thread: another one is none of this session's.
        if (threadId === undefined || (this.#isOpen && threadId !== this.#threadId)) return false
        this.#opened(threadId)
        return true
      }
      case 'turn.started':
        return true
      case 'item.started':
      case 'item.updated':
        return this.#item(field(line, 'item'), false)
      case 'item.completed':
        return this.#item(field(line, 'item'), true)
      case 'turn.completed':
        if (!this.#running) return true
        this.#log.emit(this.#usage.turnUsage(field(line, 'usage')))
        this.#end({ type: 'status', status: 'done', reason: 'completed' }, false)
        return true
      case 'turn.failed':
        this.#end({ type: 'status', status: 'error', error: turnErrorText(field(line, 'error')) }, true)
        return true
      case 'error':
        // Told again by `turn.failed` where it was the last.
        this.#lastError = turnErrorText(line)
        this.#log.silent('status', line)
        return true
      default:
        return false
    }
  }

  #opened(threadId: string): void {
    this.#isOpen = true
    if (threadId === this.#threadId) return
    this.#threadId = threadId
    const restarted = this.#restarted
    if (restarted) this.#usage.restart()
    this.#restarted = false
    this.#log.emit([{ type: 'session', agentSessionId: threadId, ...(restarted && { restarted }) }])
  }

  #item(item: unknown, isEnd: boolean): boolean {
    const told = this.#items.take(item, lane, isEnd, this.#log.now)
    if (told !== undefined) this.#tell(told)
    return told !== undefined
  }

  #end(status: EventBody, isCut: boolean): void {
    if (!this.#running) return
    this.#running = false
    this.#tell(this.#items.closeTexts(isCut))
    this.#log.emit([status])
  }

  #tell({ bodies, run }: Told): void {
    this.#log.emit(bodies, run)
  }
}
