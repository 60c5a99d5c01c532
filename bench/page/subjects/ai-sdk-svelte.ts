import { Chat } from '@ai-sdk/svelte'
import { mount } from 'svelte'
import { uiMessage } from '../../subjects/peers/ai-sdk-message.ts'
import { ChunkTransport } from '../../subjects/peers/chunk-transport.ts'
import TextList from '../lists/TextList.svelte'
import type { PageSubject } from '../page-subject.ts'
import { streamChat } from '../stream-chat.ts'

export const subject: PageSubject = {
  async mount(target, held) {
    const transport = new ChunkTransport()
    const chat = new Chat({ transport, messages: held.map(uiMessage) })
    mount(TextList, { target, props: { rows: () => chat.messages } })
    return streamChat(transport, () => chat.sendMessage({ text: 'Go.' }))
  },
}
