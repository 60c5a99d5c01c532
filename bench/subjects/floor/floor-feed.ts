import { drive } from '../drive.ts'
import type { NoticeClock } from '../readers/notice-clock.ts'
import type { Seen } from '../readers/seen.ts'
import { piece, type Feed } from '../subject.ts'
import type { FloorStore } from './floor-store.ts'

/** The floor at work; `rows` reads its rows so that the framework knows of it. */
export function floorFeed(store: FloorStore, clock: NoticeClock, seen: Seen, readAll: () => number): Feed {
  const before = store.rows.length
  return {
    seen,
    deltas: (count) => drive(clock, count, () => store.extend('stream', piece)),
    turns: (count) =>
      drive(clock, count * 3, () => store.append({ id: `told-${store.rows.length - before}`, role: 'assistant', content: piece })),
    readAll,
  }
}
