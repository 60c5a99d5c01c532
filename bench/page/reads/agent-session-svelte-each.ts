import { animationFrame, useAgentSession } from '@agent-session/adapter-svelte'
import { flushSync, mount } from 'svelte'
import { openSession, project } from '../../subjects/agent-session/open-session.ts'
import ReadAll from '../lists/ReadAll.svelte'
import type { ReadSubject } from '../page-subject.ts'

/** Each message by its id, as rows read it: a subscription for every one. */
export const subject: ReadSubject = {
  async open(held) {
    const { store } = await openSession(held, animationFrame)
    const agent = useAgentSession(store, project)
    const read = (): number => {
      let characters = 0
      for (const id of agent.messageIds) characters += agent.message(id)?.content.length ?? 0
      return characters
    }
    return (target) => {
      mount(ReadAll, { target, props: { read } })
      flushSync()
    }
  },
}
