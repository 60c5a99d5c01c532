import { useAgentSession, useMessage } from '@agent-session/adapter-vue'
import { effectScope, nextTick } from 'vue'
import { drive } from '../drive.ts'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInVue } from '../readers/read-in-vue.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { openSession, project } from './open-session.ts'
import { tellTurn } from './tell-turn.ts'

export const subject: Subject = {
  async open(held, { eventsPerNotice }) {
    const clock = new NoticeClock(eventsPerNotice, nextTick)
    const session = await openSession(held, clock.schedule)
    const agent = effectScope().run(() => useAgentSession(project, { store: session.store }))
    if (agent === undefined) throw new Error('A new scope runs what it is given.')
    const seen = nothingSeen()
    await clock.flush()
    readInVue(() => {
      seen.notices += 1
      seen.status = agent.status.value ?? ''
      seen.count = agent.messageCount.value
      seen.characters = agent.lastMessage.value?.content.length ?? 0
    })
    return {
      seen,
      deltas: (count) => drive(clock, count, session.delta),
      turns: (count) => drive(clock, count * 3, tellTurn(session)),
      readAll() {
        let characters = 0
        readInVue(() => {
          for (const { content } of agent.messages.value) characters += content.length
        })
        return characters
      },
      readEach() {
        let characters = 0
        for (const id of agent.messageIds.value) {
          effectScope().run(() => {
            const message = useMessage(agent.session, id)
            readInVue(() => {
              characters += message.value?.content.length ?? 0
            })
          })
        }
        return characters
      },
    }
  },
}
