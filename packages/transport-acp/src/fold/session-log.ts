import { type EventBody, EventLog } from '@agent-session/core/transport'
import type { Replay } from './replay.ts'
import type { Told } from './transcript.ts'

/** What the fold tells. While a session is being opened again, what is said was said before: its replay takes it. */
export class SessionLog extends EventLog {
  replay: Replay | undefined

  override emit(bodies: readonly EventBody[], run = this.run): void {
    for (const body of bodies) {
      if (this.replay !== undefined && isSaid(body)) this.replay.add(body, this.now)
      else super.emit([body], run)
    }
  }

  tell({ bodies, run }: Told): void {
    this.emit(bodies, run)
  }

  /** Whether there was anything to tell: `undefined` is what nobody could make anything of. */
  told(told: Told | undefined): boolean {
    if (told !== undefined) this.tell(told)
    return told !== undefined
  }
}

/** Part of the conversation. What is strange is reported at once. */
const isSaid = (body: EventBody): boolean =>
  body.type === 'delta' || body.type === 'message-end' || (body.type === 'message' && body.messages.every(({ type }) => type !== 'unknown'))
