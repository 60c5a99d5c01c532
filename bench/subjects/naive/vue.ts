import { nextTick, ref } from 'vue'
import { drive } from '../drive.ts'
import type { HeldMessage } from '../held-message.ts'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInVue } from '../readers/read-in-vue.ts'
import { nothingSeen } from '../readers/seen.ts'
import { piece, type Subject } from '../subject.ts'

/** What is written first: an array in a `ref` that is spread for each event. */
export const subject: Subject = {
  async open(held) {
    const clock = new NoticeClock(1, nextTick)
    const messages = ref<HeldMessage[]>([...held])
    const status = ref('running')
    const seen = nothingSeen()
    readInVue(() => {
      seen.notices += 1
      seen.status = status.value
      seen.count = messages.value.length
      seen.characters = messages.value.at(-1)?.content.length ?? 0
    })
    return {
      seen,
      deltas: (count) =>
        drive(clock, count, () => {
          const last = messages.value.at(-1)
          if (last?.id !== 'stream') messages.value = [...messages.value, { id: 'stream', role: 'assistant', content: piece }]
          else messages.value = [...messages.value.slice(0, -1), { ...last, content: last.content + piece }]
        }),
      turns: (count) =>
        drive(clock, count * 3, () => {
          messages.value = [...messages.value, { id: `told-${messages.value.length}`, role: 'assistant', content: piece }]
        }),
      readAll() {
        let characters = 0
        readInVue(() => {
          for (const { content } of messages.value) characters += content.length
        })
        return characters
      },
    }
  },
}
