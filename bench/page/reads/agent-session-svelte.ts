import { animationFrame, useAgentSession } from '@agent-session/adapter-svelte'
import { flushSync, mount } from 'svelte'
import { openSession, project } from '../../subjects/agent-session/open-session.ts'
import ReadAll from '../lists/ReadAll.svelte'
import type { ReadSubject } from '../page-subject.ts'
import { sumOf } from '../sum.ts'

export const subject: ReadSubject = {
  async open(held) {
    const { store } = await openSession(held, animationFrame)
    const agent = useAgentSession(store, project)
    return (target) => {
      mount(ReadAll, { target, props: { read: () => sumOf(agent.messages) } })
      flushSync()
    }
  },
}
