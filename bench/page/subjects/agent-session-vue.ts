import { animationFrame } from '@agent-session/adapter-vue'
import { createApp } from 'vue'
import { openSession, project } from '../../subjects/agent-session/open-session.ts'
import AgentSessionList from '../lists/AgentSessionList.vue'
import type { PageSubject } from '../page-subject.ts'

export const subject: PageSubject = {
  async mount(target, held) {
    const { store, delta } = await openSession(held, animationFrame)
    createApp(AgentSessionList, { store, projectId: project }).mount(target)
    return delta
  },
}
