import { flushSync } from 'svelte'
import { drive } from '../drive.ts'
import type { HeldMessage } from '../held-message.ts'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInSvelte } from '../readers/read-in-svelte.svelte.ts'
import { nothingSeen } from '../readers/seen.ts'
import { piece, type Subject } from '../subject.ts'

/** What is written first: an array in `$state` that is spread for each event. */
export const subject: Subject = {
  async open(held) {
    const clock = new NoticeClock(1, flushSync)
    let messages: HeldMessage[] = $state([...held])
    const status = $state('running')
    const seen = nothingSeen()
    const read = (): void => {
      seen.notices += 1
      seen.status = status
      seen.count = messages.length
      seen.characters = messages.at(-1)?.content.length ?? 0
    }
    readInSvelte(read)
    return {
      seen,
      deltas: (count) =>
        drive(clock, count, () => {
          const last = messages.at(-1)
          if (last?.id !== 'stream') messages = [...messages, { id: 'stream', role: 'assistant', content: piece }]
          else messages = [...messages.slice(0, -1), { ...last, content: last.content + piece }]
        }),
      turns: (count) =>
        drive(clock, count * 3, () => {
          messages = [...messages, { id: `told-${messages.length}`, role: 'assistant', content: piece }]
        }),
      readAll() {
        let characters = 0
        readInSvelte(() => {
          for (const { content } of messages) characters += content.length
        })
        return characters
      },
    }
  },
}
