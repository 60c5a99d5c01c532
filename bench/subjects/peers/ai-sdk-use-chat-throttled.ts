import type { Subject } from '../subject.ts'
import { openUseChat } from './open-use-chat.ts'
import { timersByHand } from './timers-by-hand.ts'

const throttleMs = 50
/** At 1,000 deltas a second. */
const chunks = 50

/** The 50 ms are not waited for: they end after as many deltas as come in them. */
export const subject: Subject = {
  async open(held) {
    const { elapse } = timersByHand(throttleMs)
    return openUseChat(held, { ms: throttleMs, throttle: { chunks, elapse } })
  },
}
