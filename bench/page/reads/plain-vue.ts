import { createApp } from 'vue'
import ReadAll from '../lists/ReadAll.vue'
import type { ReadSubject } from '../page-subject.ts'
import { sumOf } from '../sum.ts'

export const subject: ReadSubject = {
  async open(held) {
    const messages = [...held]
    return (target) => void createApp(ReadAll, { read: () => sumOf(messages) }).mount(target)
  },
}
