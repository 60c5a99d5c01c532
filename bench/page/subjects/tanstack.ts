import { ChatClient, stream, type UIMessage } from '@tanstack/ai-client'
import { mount } from 'svelte'
import { fromWire, tanstackMessage, type TanstackChunk } from '../../subjects/peers/tanstack-chunks.ts'
import { WireQueue } from '../../subjects/peers/wire-queue.ts'
import { piece } from '../../subjects/subject.ts'
import TextList from '../lists/TextList.svelte'
import { untilShown } from '../next-frame.ts'
import type { PageSubject } from '../page-subject.ts'
import { rawState } from '../raw-state.svelte.ts'

/** With its own timer of 0 ms after each chunk. */
export const subject: PageSubject = {
  async mount(target, held) {
    let queue: WireQueue<TanstackChunk> | undefined
    const initialMessages = held.map(tanstackMessage)
    const shown = rawState<UIMessage>(initialMessages)
    const client = new ChatClient({
      connection: stream(() => (queue = new WireQueue<TanstackChunk>())),
      initialMessages,
      onMessagesChange: (messages) => (shown.items = messages),
    })
    mount(TextList, { target, props: { rows: () => shown.items } })
    void client.sendMessage('Go.')
    await untilShown(() => queue !== undefined, 1_000)
    const tell = (chunk: object): void => queue?.push(fromWire(chunk))
    tell({ type: 'RUN_STARTED', runId: 'run', threadId: 'bench', timestamp: 0 })
    tell({ type: 'TEXT_MESSAGE_START', messageId: 'stream', role: 'assistant', timestamp: 0 })
    return () => tell({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'stream', delta: piece, timestamp: 0 })
  },
}
