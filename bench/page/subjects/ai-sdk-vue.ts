import { Chat } from '@ai-sdk/vue'
import { createApp } from 'vue'
import { uiMessage } from '../../subjects/peers/ai-sdk-message.ts'
import { ChunkTransport } from '../../subjects/peers/chunk-transport.ts'
import ChatList from '../lists/ChatList.vue'
import type { PageSubject } from '../page-subject.ts'
import { streamChat } from '../stream-chat.ts'

export const subject: PageSubject = {
  async mount(target, held) {
    const transport = new ChunkTransport()
    const chat = new Chat({ transport, messages: held.map(uiMessage) })
    createApp(ChatList, { messages: () => chat.messages }).mount(target)
    return streamChat(transport, () => chat.sendMessage({ text: 'Go.' }))
  },
}
