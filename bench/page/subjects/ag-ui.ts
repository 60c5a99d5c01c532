import { EventType, type BaseEvent, type Message } from '@ag-ui/client'
import { mount } from 'svelte'
import { agUiMessage, BenchAgent } from '../../subjects/peers/bench-agent.ts'
import { piece } from '../../subjects/subject.ts'
import TextList from '../lists/TextList.svelte'
import { untilShown } from '../next-frame.ts'
import type { PageSubject } from '../page-subject.ts'
import { rawState } from '../raw-state.svelte.ts'

export const subject: PageSubject = {
  async mount(target, held) {
    const initialMessages = held.map(agUiMessage)
    const shown = rawState<Message>(initialMessages)
    const agent = new BenchAgent({ threadId: 'bench', initialMessages })
    agent.subscribe({ onMessagesChanged: ({ messages }) => void (shown.items = messages) })
    mount(TextList, { target, props: { rows: () => shown.items } })
    void agent.runAgent({ runId: 'run' })
    await untilShown(() => agent.source?.observed === true, 1_000)
    const tell = (event: BaseEvent & { [field: string]: unknown }): void => agent.source?.next(event)
    tell({ type: EventType.RUN_STARTED, threadId: 'bench', runId: 'run' })
    tell({ type: EventType.TEXT_MESSAGE_START, messageId: 'stream', role: 'assistant' })
    return () => tell({ type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'stream', delta: piece })
  },
}
