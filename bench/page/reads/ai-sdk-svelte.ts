import { Chat } from '@ai-sdk/svelte'
import { flushSync, mount } from 'svelte'
import { uiMessage } from '../../subjects/peers/ai-sdk-message.ts'
import { ChunkTransport } from '../../subjects/peers/chunk-transport.ts'
import ReadAll from '../lists/ReadAll.svelte'
import type { ReadSubject } from '../page-subject.ts'
import { sumOfChat } from '../sum-of-chat.ts'

export const subject: ReadSubject = {
  async open(held) {
    const chat = new Chat({ transport: new ChunkTransport(), messages: held.map(uiMessage) })
    return (target) => {
      mount(ReadAll, { target, props: { read: () => sumOfChat(chat.messages) } })
      flushSync()
    }
  },
}
