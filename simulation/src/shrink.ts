import type { Step } from './story.ts'

/** The shortest story found that still fails: without its tail, then without ever smaller pieces. */
export async function shrink(story: readonly Step[], fails: (story: readonly Step[]) => Promise<boolean>): Promise<readonly Step[]> {
  let shortest = story
  for (let size = Math.ceil(story.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = shortest.length - size; at >= 0; at -= size) {
      const without = [...shortest.slice(0, at), ...shortest.slice(at + size)]
      if (await fails(without)) shortest = without
    }
  }
  return shortest
}
