import { animationFrame, useAgentSession } from '@agent-session/adapter-vue'
import { createApp, effectScope } from 'vue'
import { openSession, project } from '../../subjects/agent-session/open-session.ts'
import ReadAll from '../lists/ReadAll.vue'
import type { ReadSubject } from '../page-subject.ts'
import { sumOf } from '../sum.ts'

export const subject: ReadSubject = {
  async open(held) {
    const { store } = await openSession(held, animationFrame)
    const agent = effectScope().run(() => useAgentSession(project, { store }))
    return (target) => void createApp(ReadAll, { read: () => sumOf(agent?.messages.value ?? []) }).mount(target)
  },
}
