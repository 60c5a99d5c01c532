import { flushSync } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'
import { NoticeClock } from '../readers/notice-clock.ts'
import { readInSvelte } from '../readers/read-in-svelte.svelte.ts'
import { nothingSeen } from '../readers/seen.ts'
import type { Subject } from '../subject.ts'
import { floorFeed } from './floor-feed.ts'
import { FloorStore } from './floor-store.ts'

export const subject: Subject = {
  async open(held, { eventsPerNotice }) {
    const clock = new NoticeClock(eventsPerNotice, flushSync)
    const store = new FloorStore(held, clock.schedule)
    const track = createSubscriber((update) => store.subscribe(update))
    const seen = nothingSeen()
    clock.flush()
    readInSvelte(() => {
      track()
      seen.notices += 1
      seen.status = store.status
      seen.count = store.rows.length
      seen.characters = store.last?.content.length ?? 0
    })
    return floorFeed(store, clock, seen, () => {
      let characters = 0
      readInSvelte(() => {
        track()
        for (const { content } of store.rows) characters += content.length
      })
      return characters
    })
  },
}
