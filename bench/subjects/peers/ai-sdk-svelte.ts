import { Chat } from '@ai-sdk/svelte'
import { readInSvelte } from '../readers/read-in-svelte.svelte.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { aiSdkFeed } from './ai-sdk-feed.ts'
import { textOf, uiMessage } from './ai-sdk-message.ts'
import { ChunkTransport } from './chunk-transport.ts'

export const subject: Subject = {
  async open(held) {
    const transport = new ChunkTransport()
    const chat = new Chat({ transport, messages: held.map(uiMessage) })
    const seen = nothingSeen()
    readInSvelte(() => {
      seen.notices += 1
      seen.status = chat.status
      seen.count = chat.messages.length
      const last = chat.messages.at(-1)
      seen.characters = last ? textOf(last).length : 0
    })
    return aiSdkFeed({
      transport,
      seen,
      send: () => chat.sendMessage({ text: 'Go.' }),
      readAll() {
        let characters = 0
        readInSvelte(() => {
          for (const message of chat.messages) characters += textOf(message).length
        })
        return characters
      },
    })
  },
}
