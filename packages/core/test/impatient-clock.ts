import { nextMacrotask, systemClock } from '../src/defaults/system-clock.ts'
import type { Clock } from '../src/ports/clock.ts'

/** Gives up after some turns of the event loop: nothing here takes longer. */
export const impatient: Clock = {
  ...systemClock,
  setTimeout(run) {
    const timer = { isSet: true }
    void (async () => {
      for (let turn = 0; turn < 30; turn += 1) await nextMacrotask()
      if (timer.isSet) run()
    })()
    return timer
  },
  clearTimeout(timer) {
    if (typeof timer === 'object' && timer !== null) Reflect.set(timer, 'isSet', false)
  },
}
