import { nextTick, shallowRef, triggerRef } from 'vue'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInVue } from '../readers/read-in-vue.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { floorFeed } from './floor-feed.ts'
import { FloorStore } from './floor-store.ts'

export const subject: Subject = {
  async open(held, { eventsPerNotice }) {
    const clock = new NoticeClock(eventsPerNotice, nextTick)
    const store = new FloorStore(held, clock.schedule)
    const live = shallowRef(store)
    store.subscribe(() => triggerRef(live))
    const seen = nothingSeen()
    await clock.flush()
    readInVue(() => {
      seen.notices += 1
      seen.status = live.value.status
      seen.count = live.value.rows.length
      seen.characters = live.value.last?.content.length ?? 0
    })
    return floorFeed(store, clock, seen, () => {
      let characters = 0
      readInVue(() => {
        for (const { content } of live.value.rows) characters += content.length
      })
      return characters
    })
  },
}
