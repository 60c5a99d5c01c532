import { useAgentSession } from '@agent-session/adapter-svelte'
import { flushSync } from 'svelte'
import { drive } from '../drive.ts'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInSvelte } from '../readers/read-in-svelte.svelte.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { openSession, project } from './open-session.ts'
import { tellTurn } from './tell-turn.ts'

export const subject: Subject = {
  async open(held, { eventsPerNotice }) {
    const clock = new NoticeClock(eventsPerNotice, flushSync)
    const session = await openSession(held, clock.schedule)
    const agent = useAgentSession(session.store, project)
    const seen = nothingSeen()
    clock.flush()
    readInSvelte(() => {
      seen.notices += 1
      seen.status = agent.status ?? ''
      seen.count = agent.messageCount
      seen.characters = agent.lastMessage?.content.length ?? 0
    })
    return {
      seen,
      deltas: (count) => drive(clock, count, session.delta),
      turns: (count) => drive(clock, count * 3, tellTurn(session)),
      readAll() {
        let characters = 0
        readInSvelte(() => {
          for (const { content } of agent.messages) characters += content.length
        })
        return characters
      },
      readEach() {
        let characters = 0
        for (const id of agent.messageIds) {
          readInSvelte(() => {
            characters += agent.message(id)?.content.length ?? 0
          })
        }
        return characters
      },
    }
  },
}
