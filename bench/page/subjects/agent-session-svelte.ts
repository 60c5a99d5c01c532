import { animationFrame } from '@agent-session/adapter-svelte'
import { mount } from 'svelte'
import { openSession, project } from '../../subjects/agent-session/open-session.ts'
import AgentSessionList from '../lists/AgentSessionList.svelte'
import type { PageSubject } from '../page-subject.ts'

export const subject: PageSubject = {
  async mount(target, held) {
    const { store, delta } = await openSession(held, animationFrame)
    mount(AgentSessionList, { target, props: { store, projectId: project } })
    return delta
  },
}
