import type { Lease } from '@agent-session/core'
import { createManualClock, type ManualClock } from '@agent-session/core/testing'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { leaseProcess } from './test/lease-process.ts'
import { batch } from './test/sample-batch.ts'
import { quietTime } from '../../../test/quiet-time.ts'

const { path: newPath } = databaseFolder()

/** Two storages on one file, as two processes have it, each with a clock of its own. */
function two(clocks: readonly [ManualClock, ManualClock] = [createManualClock(), createManualClock()]) {
  const path = newPath()
  const [first, second] = clocks.map((clock) => createSqliteStorage({ path, clock }))
  if (!first || !second) throw new Error('two were made')
  return { path, first, second, clocks }
}

/** Steps of the clock, with time for what each of them begins. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(250)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('one writer for a file', () => {
  test('F14 the second waits, is told of whom, and has the lease soon after it was released', async () => {
    const { first, second, clocks } = two()
    const lease = await first.acquire('one')
    const holders: unknown[] = []
    let granted = false
    const next = second.acquire('two', { onWait: (holder) => holders.push(holder) }).then((lease) => {
      granted = true
      return lease
    })
    await pass(clocks[1], 5_000)
    expect([holders, granted]).toEqual([['one'], false])
    await first.commit({ ...batch(1), fence: lease.fence })
    await lease.release()
    await pass(clocks[1], 500)
    expect(granted).toBe(true)
    expect((await next).fence).toBeGreaterThan(lease.fence)
    await Promise.all([first.close(), second.close()])
  })

  test('F14 while it lives and beats nobody takes it, for as long as that is', async () => {
    const { first, second, clocks } = two()
    await first.acquire('one')
    let granted = false
    void second.acquire('two').then(
      () => (granted = true),
      () => {},
    )
    for (let second = 0; second < 60; second += 1) {
      await pass(clocks[0], 1_000)
      await pass(clocks[1], 1_000)
    }
    expect(granted).toBe(false)
    await Promise.all([first.close(), second.close()])
  })

  test('F15 a holder that is frozen is taken over within 10 s; its late commit is refused, and it is told when it wakes', async () => {
    const { first, second, clocks } = two()
    const old = await first.acquire('one')
    await first.commit({ ...batch(1), fence: old.fence })
    const next = second.acquire('two')
    // The clock of the first stands still: it does not move at all.
    await pass(clocks[1], 7_000)
    let granted = false
    void next.then(() => (granted = true))
    expect(granted).toBe(false)
    await pass(clocks[1], 3_000)
    expect(granted).toBe(true)
    await second.commit({ ...batch(2), fence: (await next).fence })
    const late = first.commit({ ...batch(3), fence: old.fence })
    await expect(late).rejects.toMatchObject({ code: 'lease-lost', message: expect.stringContaining('two') })
    await expect(first.deleteSessions(['s1'], old.fence)).rejects.toMatchObject({ code: 'lease-lost' })
    await old.lost
    expect(await first.loadMessages('s1')).toHaveLength(2)
    await old.release()
    await second.commit({ ...batch(3), fence: (await next).fence })
    await Promise.all([first.close(), second.close()])
  })

  test('F15 who wakes hears that it lost the lease by its next beat, without a commit', async () => {
    const { first, second, clocks } = two()
    const old = await first.acquire('one')
    await second.acquire('two', { steal: true })
    let told = false
    void old.lost.then(() => (told = true))
    await pass(clocks[0], 2_250)
    expect(told).toBe(true)
    expect(clocks[0].pending).toBe(0)
    await Promise.all([first.close(), second.close()])
  })

  test('F25 one that slept itself does not take a holder for frozen that slept with it', async () => {
    const { first, second, clocks } = two()
    await first.acquire('one')
    let granted = false
    const waiting = second.acquire('two').then(
      () => (granted = true),
      () => {},
    )
    await pass(clocks[1], 1_000)
    // An hour in one step, as a laptop that was closed.
    for (let hours = 0; hours < 3; hours += 1) await clocks[1].sleep(3_600_000)
    await pass(clocks[1], 500)
    await pass(clocks[0], 2_250)
    await pass(clocks[1], 500)
    expect(granted).toBe(false)
    await Promise.all([first.close(), second.close()])
    await waiting
  })

  test('F14 of many that wait one has it at a time', async () => {
    const clock = createManualClock()
    const path = newPath()
    const storages = Array.from({ length: 6 }, () => createSqliteStorage({ path, clock }))
    const order: number[] = []
    const ends = storages.map(async (storage, index) => {
      const lease = await storage.acquire(`owner ${index}`)
      order.push(lease.fence)
      await storage.commit({ ...batch(1, `s${index}`), fence: lease.fence })
      await lease.release()
    })
    await pass(clock, 5_000)
    await Promise.all(ends)
    expect(order).toEqual([1, 2, 3, 4, 5, 6])
    await Promise.all(storages.map((storage) => storage.close()))
  })

  test('no process is kept alive by it, and nothing runs after close', async () => {
    const { first, second, clocks } = two()
    await first.acquire('one')
    const waiting = second.acquire('two').catch((error: unknown) => error)
    await pass(clocks[1], 500)
    await Promise.all([first.close(), second.close()])
    expect(await waiting).toMatchObject({ code: 'storage-closed' })
    expect(clocks.map(({ pending }) => pending)).toEqual([0, 0])
  })
})

describe('with real processes', () => {
  test('F15 one that is killed (-9) is taken over within 1 s, with all that it acknowledged', { timeout: 60_000 }, async () => {
    const path = newPath()
    const holder = leaseProcess(path)
    await holder.told('holds')
    const storage = createSqliteStorage({ path })
    let lease: Promise<Lease> | undefined
    const holderName = await new Promise((resolve) => (lease = storage.acquire('next', { onWait: resolve })))
    expect(holderName).toBe('the process')
    holder.child.kill('SIGKILL')
    await holder.ended
    const taken = quietTime()
    const fence = (await lease)?.fence ?? 0
    expect(taken()).toBeLessThan(1_000)
    await storage.commit({ ...batch(2), fence })
    expect((await storage.loadMessages('s1')).map(({ seqId }) => seqId)).toEqual([1, 2])
    await storage.close()
  })

  test('F15 one that is frozen (SIGSTOP) is taken over within 10 s, and its late commit is refused', { timeout: 60_000 }, async () => {
    const path = newPath()
    const holder = leaseProcess(path)
    await holder.told('holds')
    holder.child.kill('SIGSTOP')
    const storage = createSqliteStorage({ path })
    const taken = quietTime()
    const lease = await storage.acquire('next')
    expect(taken()).toBeLessThan(10_000)
    await storage.commit({ ...batch(2), fence: lease.fence })
    holder.child.kill('SIGCONT')
    holder.say('commit')
    expect(await holder.told('refused')).toBe('refused lease-lost')
    expect(await holder.told('lost')).toBe('lost')
    expect((await storage.loadMessages('s1')).map(({ seqId }) => seqId)).toEqual([1, 2])
    holder.child.kill('SIGKILL')
    await holder.ended
    await storage.close()
  })

  test('a process that ended without a word leaves nothing that has to be waited for', async () => {
    const path = newPath()
    const storage = createSqliteStorage({ path })
    await storage.ready()
    const database = new DatabaseSync(path)
    // No process has this number: Linux goes to 4,194,304.
    database.prepare('UPDATE lease SET process = ?, beat = 7').run((await ownName(path)).replace(/^\d+/, '4999999'))
    database.close()
    let waited = false
    await storage.acquire('next', { onWait: () => (waited = true) })
    expect(waited).toBe(false)
    await storage.close()
  })
})

/** How a lease names this process. */
async function ownName(path: string): Promise<string> {
  const storage = createSqliteStorage({ path })
  await storage.acquire('to see')
  const database = new DatabaseSync(path)
  const row = database.prepare('SELECT process FROM lease').get()
  database.close()
  await storage.close()
  return String(row?.['process'])
}
