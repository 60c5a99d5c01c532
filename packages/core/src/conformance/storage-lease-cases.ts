import type { SessionStorage } from '../ports/session-storage.ts'
import { expectEqual, expectRejection, expectTrue } from './expectations.ts'
import { batchOf, messagesFrom, messageWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** One writer at a time. */
export const leaseCases: readonly StorageCase[] = [
  storageCase('F14 a lease that is taken away has a lower fence, is refused and is told', async (storage) => {
    if (!storage.acquire) return
    const first = await storage.acquire('first')
    await storage.commit(batchOf({}, [messageWith(1)], { fence: first.fence }))
    await storage.commit(batchOf({}, [messageWith(2)], { fence: first.fence }))
    const second = await storage.acquire('second', { steal: true })
    expectTrue(second.fence > first.fence, `the second fence is ${second.fence}, the first ${first.fence}`)
    await storage.commit(batchOf({}, [messageWith(3)], { fence: second.fence }))
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(4)], { fence: first.fence })), 'a commit with the old fence', 'lease-lost')
    await expectRejection(() => storage.deleteSessions(['s1'], first.fence), 'a deletion with the old fence', 'lease-lost')
    await first.lost
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 3), 'loadMessages')
    expectEqual((await storage.loadSession('s1'))?.lastSeqId, 3, 'lastSeqId')
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
  }),

  storageCase('F14 a lease that somebody holds is waited for, and given when it is released', async (storage, setup) => {
    if (!storage.acquire || !setup.shared) return
    const first = await storage.acquire('first')
    const { waiting, holder } = await waitFor(storage, 'second')
    expectTrue(holder === undefined || holder === 'first', `the holder was said to be ${String(holder)}`)
    // Somebody waits: that takes nothing from the one who writes.
    await storage.commit(batchOf({}, [messageWith(1)], { fence: first.fence }))
    await first.release()
    const second = await waiting
    expectTrue(second.fence > first.fence, `the second fence is ${second.fence}, the first ${first.fence}`)
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(2)], { fence: first.fence })), 'a commit after the release', 'lease-lost')
    // What was given back cannot be given back for the next one.
    await first.release()
    await storage.commit(batchOf({}, [messageWith(2)], { fence: second.fence }))
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 2), 'loadMessages')
    await second.release()
  }),

  storageCase('F14 who does not wait for a lease any more is not given it', async (storage, setup) => {
    if (!storage.acquire || !setup.shared) return
    const first = await storage.acquire('first')
    let withdraw = (): void => {}
    const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
    const { waiting } = await waitFor(storage, 'second', withdrawn)
    withdraw()
    const ended = expectRejection(() => waiting, 'the request that was withdrawn', 'lease-held')
    // Time enough to hear of it.
    await storage.loadSession('s1')
    await first.release()
    const third = await Promise.race([storage.acquire('third'), ended.then(() => new Promise<never>(() => {}))])
    await storage.commit(batchOf({}, [messageWith(1)], { fence: third.fence }))
    await third.release()
    await ended
  }),

  storageCase('F14 closing ends the waiting for a lease, and gives the lease back', async (storage, setup) => {
    if (!storage.acquire || !storage.close) return
    const first = await storage.acquire('first')
    const second = setup.shared ? await waitFor(storage, 'second') : undefined
    const ended = second && expectRejection(() => second.waiting, 'the request that waited', 'storage-closed')
    await storage.close()
    await ended
    const again = await setup.reopen?.()
    let waited = false
    const next = await again?.acquire?.('next', { onWait: () => void (waited = true) })
    expectEqual(waited, false, 'whether the lease had to be waited for after the close')
    if (next) expectTrue(next.fence > first.fence, `the fence after reopening is ${next.fence}, before it was ${first.fence}`)
    await again?.close?.()
  }),
]

/** Asks for a lease that somebody holds: resolves when the storage says that it has to be waited for. */
async function waitFor(storage: SessionStorage, owner: string, withdrawn?: Promise<void>) {
  let tell: (holder: string | undefined) => void = () => {}
  const told = new Promise<string | undefined>((resolve) => (tell = resolve))
  const waiting = storage.acquire?.(owner, { onWait: tell, ...(withdrawn && { withdrawn }) })
  if (waiting === undefined) throw new Error('the storage has no acquire')
  const given = waiting.then(
    (lease) => {
      throw new Error(`the lease was given to a second owner (fence ${lease.fence}), though the first had not let go of it`)
    },
    // How it ends is for the case to see.
    () => new Promise<never>(() => {}),
  )
  const holder = await Promise.race([told, given])
  given.catch(() => {})
  return { waiting, holder }
}
