import { AgentSessionError } from '@agent-session/core'
import { promisifyRequest } from 'idb-keyval'
import { keysFrom, lastKey, secondOf } from './message-chunks.ts'

// Under 'writer' stands who writes; under [fence, n] that the n-th commit under that fence was made, or is never to be
// made. A commit adds its own, which fails where it is there: so it is fenced without reading anything first, and all
// of it reaches the browser in one go. A tab that freezes leaves nothing half begun that would hold up the next one.

interface Writer {
  /** Of the newest lease. */
  readonly fence: number
  readonly owner?: string
}

/** So many commits are remembered at most. */
const keptCommits = 64

/** F10: where it is damaged there is none. */
export async function writerOf(meta: IDBObjectStore): Promise<Writer> {
  const { fence, owner } = Object(await promisifyRequest(meta.get('writer')))
  return { fence: Number(fence) || 0, owner }
}

const lastCommit = async (meta: IDBObjectStore, fence: number): Promise<number> => secondOf(await lastKey(meta, keysFrom([fence], [fence, []])))

/** Makes somebody the newest writer; gives the fence. */
export async function enter(meta: IDBObjectStore, owner: string, now: number): Promise<number> {
  const before = await writerOf(meta)
  await bar(meta, before)
  // Not just one more: a database that took the place of an evicted one must not count from the beginning again.
  const fence = Math.max(before.fence + 1, now)
  meta.put({ fence, owner } satisfies Writer, 'writer')
  return fence
}

/** Whatever this writer remembers is no longer so: its next commit fails, and if it is still the newest it looks anew. */
const bar = async (meta: IDBObjectStore, { fence }: Writer): Promise<unknown> => meta.put(0, [fence, (await lastCommit(meta, fence)) + 1])

/** Makes this transaction the n-th commit under the fence: it fails where that one is there. */
export function claim(meta: IDBObjectStore, fence: number, n: number): void {
  meta.add(0, [fence, n])
  if (n % keptCommits === 0) meta.delete(keysFrom([fence], [fence, n]))
}

/**
 * Begins what has to fail, and ends the transaction before that shows. By the standard nothing of it is then done; in
 * Firefox all but the request that failed.
 */
export function failLate(meta: IDBObjectStore): void {
  meta.add(0, 'writer')
  meta.get('writer')
  meta.transaction.commit()
}

/** The same, where n is not known: gives it. Rejects with `lease-lost` where there is a newer writer. */
export async function check(meta: IDBObjectStore, fence: number | undefined, onNewer: (fence: number) => void): Promise<number> {
  const writer = await writerOf(meta)
  if (fence === undefined) {
    await bar(meta, writer)
    return 0
  }
  onNewer(writer.fence)
  if (fence < writer.fence) throw new AgentSessionError('lease-lost', `Another writer has taken over: fence ${fence} is older than ${writer.fence}`)
  // The database took the place of one that was evicted.
  if (fence > writer.fence) meta.put({ fence } satisfies Writer, 'writer')
  const n = (await lastCommit(meta, fence)) + 1
  claim(meta, fence, n)
  return n
}
