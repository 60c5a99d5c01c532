import { useChat } from '@ai-sdk/vue'
import { effectScope } from 'vue'
import { readInVue } from '../readers/read-in-vue.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { HeldMessage } from '../held-message.ts'
import type { Feed } from '../subject.ts'
import { aiSdkFeed, type AiSdkFeedOptions } from './ai-sdk-feed.ts'
import { textOf, uiMessage } from './ai-sdk-message.ts'
import { ChunkTransport } from './chunk-transport.ts'

/** `useChat` with its throttle, or without one. */
export function openUseChat(
  held: readonly HeldMessage[],
  throttled?: { readonly ms: number; readonly throttle: NonNullable<AiSdkFeedOptions['throttle']> },
): Feed {
  const transport = new ChunkTransport()
  const messages = held.map(uiMessage)
  const chat = effectScope().run(() => useChat({ transport, messages, ...(throttled && { throttle: throttled.ms }) }))
  if (chat === undefined) throw new Error('A new scope runs what it is given.')
  const seen = nothingSeen()
  readInVue(() => {
    seen.notices += 1
    seen.status = chat.status.value
    seen.count = chat.messages.value.length
    const last = chat.messages.value.at(-1)
    seen.characters = last ? textOf(last).length : 0
  })
  return aiSdkFeed({
    transport,
    seen,
    send: () => chat.sendMessage({ text: 'Go.' }),
    readAll() {
      let characters = 0
      readInVue(() => {
        for (const message of chat.messages.value) characters += textOf(message).length
      })
      return characters
    },
    ...(throttled && { throttle: throttled.throttle }),
  })
}
