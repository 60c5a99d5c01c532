import { promisifyRequest } from 'idb-keyval'

/** When the database was made, in epoch ms: tells it from one that took its place. */
const key = 'generation'

export function markGeneration(meta: IDBObjectStore, now: number): void {
  meta.put(now, key)
}

/**
 * F9: whether the database is another one than this origin had before, because the browser evicted that. What it had is
 * kept where evictions do not reach, in `localStorage`; where there is none (a worker), it is not noticed.
 */
export async function isReplaced(meta: IDBObjectStore, name: string): Promise<boolean> {
  const generation = String(await promisifyRequest(meta.get(key)))
  try {
    const before = localStorage.getItem(name)
    localStorage.setItem(name, generation)
    return before !== null && before !== generation
  } catch {
    // There is none, or it is forbidden.
    return false
  }
}
