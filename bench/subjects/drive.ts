import type { NoticeClock } from './readers/notice-clock.ts'

/** Tells a store that takes events at once `count` of them, with the notices that are due. */
export async function drive(clock: NoticeClock, count: number, tell: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    tell(index)
    const settled = clock.tick()
    if (settled) await settled
  }
  await clock.flush()
}
