import { ChildSessions } from './child-sessions.ts'
import { OwnIds } from './own-ids.ts'
import type { SessionLog } from './session-log.ts'
import { Transcript } from './transcript.ts'

/** Where what is said belongs: in the conversation itself, in one that is being told again, or in a sub-agent's. */
export class Conversation {
  readonly live: Transcript
  readonly children: ChildSessions
  readonly #log: SessionLog

  constructor(sessionId: string, log: SessionLog) {
    const ids = new OwnIds()
    this.live = new Transcript(sessionId, ids)
    this.children = new ChildSessions(ids)
    this.#log = log
  }

  /** What is being told: the live one, or a replay. */
  get current(): Transcript {
    return this.#log.replay?.transcript ?? this.live
  }

  /** Of the session with this id of the agent's. */
  of(sessionId: string | undefined): Transcript {
    return this.children.transcript(sessionId) ?? this.live
  }

  enterTurn(run: string): void {
    this.live.enterTurn(run, run)
    this.children.enterTurn(run, run)
  }

  /** Ends whatever is being said, by whomever; `cut`: before its time. */
  closeTexts(cut: boolean): void {
    this.#log.tell(this.live.closeTexts(cut))
    for (const told of this.children.closeTexts(cut)) this.#log.tell(told)
  }
}
