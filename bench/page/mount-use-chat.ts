import { useChat } from '@ai-sdk/vue'
import { createApp, effectScope } from 'vue'
import type { HeldMessage } from '../subjects/held-message.ts'
import { uiMessage } from '../subjects/peers/ai-sdk-message.ts'
import { ChunkTransport } from '../subjects/peers/chunk-transport.ts'
import ChatList from './lists/ChatList.vue'
import { streamChat } from './stream-chat.ts'

export function mountUseChat(target: HTMLElement, held: readonly HeldMessage[], throttle: number): Promise<() => void> {
  const transport = new ChunkTransport()
  const messages = held.map(uiMessage)
  const chat = effectScope().run(() => useChat({ transport, messages, throttle }))
  if (chat === undefined) throw new Error('A new scope runs what it is given.')
  createApp(ChatList, { messages: () => chat.messages.value }).mount(target)
  return streamChat(transport, () => chat.sendMessage({ text: 'Go.' }))
}
