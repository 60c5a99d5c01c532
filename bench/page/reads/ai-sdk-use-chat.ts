import { useChat } from '@ai-sdk/vue'
import { createApp, effectScope } from 'vue'
import { uiMessage } from '../../subjects/peers/ai-sdk-message.ts'
import { ChunkTransport } from '../../subjects/peers/chunk-transport.ts'
import ReadAll from '../lists/ReadAll.vue'
import type { ReadSubject } from '../page-subject.ts'
import { sumOfChat } from '../sum-of-chat.ts'

export const subject: ReadSubject = {
  async open(held) {
    const chat = effectScope().run(() => useChat({ transport: new ChunkTransport(), messages: held.map(uiMessage) }))
    return (target) => void createApp(ReadAll, { read: () => sumOfChat(chat?.messages.value ?? []) }).mount(target)
  },
}
