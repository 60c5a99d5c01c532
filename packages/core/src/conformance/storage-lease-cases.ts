import type { Lease, SessionStorage } from '../ports/session-storage.ts'
import { expectEqual, expectRejection, expectTrue } from './expectations.ts'
import { batchOf, messagesFrom, messageWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'
import type { StorageTrial } from './storage-trial.ts'

/** One writer at a time. */
export const leaseCases: readonly StorageCase[] = [
  storageCase('F14 a lease that is taken away has a lower fence, is refused and is told', async (storage, trial) => {
    if (!storage.acquire) return
    const first = await storage.acquire('first')
    await storage.commit(batchOf({}, [messageWith(1)], { fence: first.fence, cursor: { epoch: 'e', seq: 1 } }))
    await storage.commit(batchOf({}, [messageWith(2)], { fence: first.fence }))
    expectEqual(await isLost(first, trial), false, 'whether the first lease is said to be lost, while nobody asked for it')
    const second = await storage.acquire('second', { steal: true })
    expectTrue(second.fence > first.fence, `the second fence is ${second.fence}, the first ${first.fence}`)
    await storage.commit(batchOf({}, [messageWith(3)], { fence: second.fence }))
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(4)], { fence: first.fence })), 'a commit with the old fence', 'lease-lost')
    await expectRejection(() => storage.deleteSessions(['s1'], first.fence), 'a deletion with the old fence', 'lease-lost')
    await trial.until('the news that the first lease is lost', first.lost)
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 3), 'loadMessages')
    expectEqual((await storage.loadSession('s1'))?.lastSeqId, 3, 'lastSeqId')
    if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 1 }, 'the cursor')
    // What was lost cannot be given back.
    await first.release()
    await storage.commit(batchOf({}, [messageWith(4)], { fence: second.fence }))
    expectEqual(await isLost(second, trial), false, 'whether the second lease is said to be lost, after the first was released')
    await storage.deleteSessions(['s1'], second.fence)
    expectEqual(await storage.loadSession('s1'), undefined, 'the session that the second deleted')
    await second.release()
    await second.release()
  }),

  storageCase('F14 a refused fence leaves nothing of the batch', async (storage) => {
    if (!storage.acquire || storage.atomic === false) return
    await (await storage.acquire('first')).release()
    const { fence } = await storage.acquire('second')
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(1)], { fence: fence - 1, cursor: { epoch: 'e', seq: 1 } })), 'a commit with an old fence', 'lease-lost')
    expectEqual(await storage.loadSession('s1'), undefined, 'the session')
    expectEqual(await storage.loadMessages('s1'), [], 'its messages')
    await storage.commit(batchOf({}, messagesFrom(1, 2), { fence }))
    await expectRejection(() => storage.deleteSessions(['s1'], fence - 1), 'a deletion with an old fence', 'lease-lost')
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 2), 'the messages after a deletion with an old fence')
  }),

  storageCase('F14 what is under way when the lease is taken away is there by then, or refused', async (storage) => {
    if (!storage.acquire) return
    const first = await storage.acquire('first')
    const ids = Array.from({ length: 10 }, (_, index) => `s${index}`)
    const commits = ids.map((sessionId) =>
      storage.commit(batchOf({ sessionId }, [messageWith(1)], { fence: first.fence })).then(
        () => true,
        () => false,
      ),
    )
    const second = await storage.acquire('second', { steal: true })
    const there = new Set((await storage.listSessions(undefined, { limit: Infinity })).map(({ sessionId }) => sessionId))
    for (const [index, commit] of commits.entries()) {
      expectTrue(!(await commit) || there.has(`s${index}`), `the commit of s${index} was made under the first lease, after the second was given`)
    }
    await second.release()
  }),

  storageCase('F14 a lease that was released is not said to be lost', async (storage, trial) => {
    if (!storage.acquire) return
    const first = await storage.acquire('first')
    await first.release()
    const second = await storage.acquire('second')
    await storage.commit(batchOf({}, [messageWith(1)], { fence: second.fence }))
    await storage.acquire('third', { steal: true })
    await trial.until('the news that the second lease is lost', second.lost)
    expectEqual(await isLost(first, trial), false, 'whether the first lease is said to be lost')
  }),

  storageCase('F14 a lease that somebody holds is waited for, and given when it is released', async (storage, trial) => {
    if (!storage.acquire || !trial.setup.shared) return
    const first = await storage.acquire('first')
    const { waiting, holder, told } = await waitFor(trial, storage, 'second')
    expectTrue(holder === undefined || holder === 'first', `the holder was said to be ${String(holder)}`)
    // Somebody waits: that takes nothing from the one who writes.
    await storage.commit(batchOf({}, [messageWith(1)], { fence: first.fence }))
    await first.release()
    const second = await trial.until('the lease that was waited for, after its holder released it,', waiting)
    expectTrue(second.fence > first.fence, `the second fence is ${second.fence}, the first ${first.fence}`)
    expectEqual(told(), 1, 'how often it was said that the lease has to be waited for')
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(2)], { fence: first.fence })), 'a commit after the release', 'lease-lost')
    // What was given back cannot be given back for the next one.
    await first.release()
    await storage.commit(batchOf({}, [messageWith(2)], { fence: second.fence }))
    const third = await waitFor(trial, storage, 'third')
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 2), 'loadMessages')
    await second.release()
    await (await trial.until('the lease, after its second holder released it,', third.waiting)).release()
  }),

  storageCase('F14 who does not wait for a lease any more is not given it', async (storage, trial) => {
    if (!storage.acquire || !trial.setup.shared) return
    const first = await storage.acquire('same')
    const { withdraw, withdrawn } = withdrawal()
    // A second request is a second owner, whatever its name.
    const { waiting } = await waitFor(trial, storage, 'same', withdrawn)
    withdraw()
    const ended = expectRejection(() => trial.until('the end of the request that was withdrawn', waiting), 'the request that was withdrawn', 'lease-held')
    // Time enough to hear of it.
    await storage.loadSession('s1')
    await first.release()
    const third = await Promise.race([storage.acquire('third'), ended.then(() => new Promise<never>(() => {}))])
    await storage.commit(batchOf({}, [messageWith(1)], { fence: third.fence }))
    await third.release()
    await ended
  }),

  storageCase('F14 a lease that was given is not withdrawn', async (storage, trial) => {
    if (!storage.acquire) return
    const { withdraw, withdrawn } = withdrawal()
    const first = await storage.acquire('first', { withdrawn })
    withdraw()
    expectEqual(await isLost(first, trial), false, 'whether the lease is said to be lost')
    if (trial.setup.shared) {
      const second = await waitFor(trial, storage, 'second')
      await first.release()
      await (await trial.until('the lease that was waited for', second.waiting)).release()
    }
  }),

  storageCase('F14 a lease is one for all storages that are open on the database', async (storage, trial) => {
    const another = await trial.another()
    if (!storage.acquire || !another) return
    const first = await storage.acquire('first')
    await storage.commit(batchOf({}, [messageWith(1)], { fence: first.fence }))
    const { waiting } = await waitFor(trial, another, 'second')
    await first.release()
    const second = await trial.until('the lease, in another storage than the one that released it,', waiting)
    expectTrue(second.fence > first.fence, `the fence in the other storage is ${second.fence}, in the first ${first.fence}`)
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(2)], { fence: first.fence })), 'a commit of the first storage', 'lease-lost')
    await another.commit(batchOf({}, [messageWith(2)], { fence: second.fence }))
    const third = await storage.acquire('third', { steal: true })
    await expectRejection(() => another.commit(batchOf({}, [messageWith(3)], { fence: second.fence })), 'a commit of the storage whose lease was taken', 'lease-lost')
    await trial.until('the news in the other storage that its lease is lost', second.lost)
    const next = await waitFor(trial, another, 'fourth')
    await storage.close?.()
    const fourth = storage.close && (await trial.until('the lease, after the storage that had it was closed,', next.waiting))
    if (fourth) expectTrue(fourth.fence > third.fence, `the fourth fence is ${fourth.fence}, the third ${third.fence}`)
    expectEqual(await another.loadMessages('s1'), messagesFrom(1, 2), 'loadMessages')
  }),

  storageCase('F14 closing ends the waiting for a lease, and gives the lease back', async (storage, trial) => {
    if (!storage.acquire || !storage.close) return
    const first = await storage.acquire('first')
    const second = trial.setup.shared ? await waitFor(trial, storage, 'second') : undefined
    const ended = second && expectRejection(() => trial.until('the end of the request that waited', second.waiting), 'the request that waited', 'storage-closed')
    await storage.close()
    await ended
    const again = await trial.reopen()
    let waited = false
    const next = await again?.acquire?.('next', { onWait: () => void (waited = true) })
    expectEqual(waited, false, 'whether the lease had to be waited for after the close')
    if (next) expectTrue(next.fence > first.fence, `the fence after reopening is ${next.fence}, before it was ${first.fence}`)
  }),
]

async function isLost(lease: Lease, trial: StorageTrial): Promise<boolean> {
  const lost = lease.lost.then(() => true)
  return Promise.race([lost, trial.settle().then(() => false)])
}

function withdrawal(): { readonly withdraw: () => void; readonly withdrawn: Promise<void> } {
  let withdraw = (): void => {}
  const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
  return { withdraw: () => withdraw(), withdrawn }
}

/** Asks for a lease that somebody holds: resolves when the storage says that it has to be waited for. */
async function waitFor(trial: StorageTrial, storage: SessionStorage, owner: string, withdrawn?: Promise<void>) {
  let times = 0
  let tell: (holder: string | undefined) => void = () => {}
  const told = new Promise<string | undefined>((resolve) => (tell = resolve))
  const onWait = (holder: string | undefined): void => {
    times += 1
    tell(holder)
  }
  const waiting = storage.acquire?.(owner, { onWait, ...(withdrawn && { withdrawn }) })
  if (waiting === undefined) throw new Error('the storage has no acquire')
  const given = waiting.then((lease) => {
    throw new Error(`the lease was given to a second owner (fence ${lease.fence}), though the first had not let go of it`)
  })
  const holder = await trial.until('the word (onWait) that a lease has to be waited for', Promise.race([told, given]))
  given.catch(() => {})
  return { waiting, holder, told: () => times }
}
