import { useAgentSession } from '@agent-session/adapter-svelte'
import { flushSync } from 'svelte'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInSvelte } from '../readers/read-in-svelte.svelte.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { openSession, project } from './open-session.ts'

/** As an app has it that sets no limits: 2,000 messages stay in memory. For the memory table alone. */
export const subject: Subject = {
  async open(held) {
    const clock = new NoticeClock(1, flushSync)
    const session = await openSession(held, (flush) => queueMicrotask(flush), 2_000)
    const agent = useAgentSession(session.store, project)
    const refuse = async (): Promise<void> => {
      throw new Error('This subject is measured for its memory alone.')
    }
    clock.flush()
    return {
      seen: nothingSeen(),
      deltas: refuse,
      turns: refuse,
      readAll() {
        let characters = 0
        readInSvelte(() => {
          for (const { content } of agent.messages) characters += content.length
        })
        return characters
      },
    }
  },
}
