import { flushSync, mount } from 'svelte'
import ReadAll from '../lists/ReadAll.svelte'
import type { ReadSubject } from '../page-subject.ts'
import { sumOf } from '../sum.ts'

export const subject: ReadSubject = {
  async open(held) {
    const messages = [...held]
    return (target) => {
      mount(ReadAll, { target, props: { read: () => sumOf(messages) } })
      flushSync()
    }
  },
}
