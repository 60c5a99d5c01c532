import { AbstractAgent, type BaseEvent, type Message } from '@ag-ui/client'
import { Subject as Source, type Observable } from 'rxjs'
import type { HeldMessage } from '../held-message.ts'

/** An agent of AG-UI whose events the bench tells. */
export class BenchAgent extends AbstractAgent {
  source: Source<BaseEvent> | undefined

  run(): Observable<BaseEvent> {
    return (this.source = new Source<BaseEvent>())
  }
}

export const agUiMessage = ({ id, role, content }: HeldMessage): Message => ({ id, role, content })

export const agUiText = ({ content }: Message): string => (typeof content === 'string' ? content : '')
