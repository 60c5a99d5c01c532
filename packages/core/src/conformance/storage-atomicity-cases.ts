import { expectEqual, expectRejection } from './expectations.ts'
import { batchOf, messagesFrom, messageWith, sessionWith, unstorableMessage } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** All or nothing, and once. */
export const atomicityCases: readonly StorageCase[] = [
  storageCase('F2 a commit that fails leaves nothing of itself', async (storage) => {
    if (storage.atomic === false) return
    await storage.commit(batchOf({ title: 'before' }, messagesFrom(1, 3), { cursor: { epoch: 'e', seq: 3 } }))
    const bad = batchOf({ title: 'after', lastSeqId: 5 }, [messageWith(2, { content: 'after' }), messageWith(4), unstorableMessage(5)], {
      remove: ['m1'],
      cursor: { epoch: 'e', seq: 5 },
    })
    await expectRejection(() => storage.commit(bad), 'a commit with a message that cannot be stored')
    expectEqual(await storage.loadSession('s1'), sessionWith({ title: 'before', lastSeqId: 3 }), 'the session')
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 3), 'its messages')
    if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 3 }, 'its cursor')
  }),

  storageCase('F2 a first commit that fails leaves no session', async (storage) => {
    if (storage.atomic === false) return
    await expectRejection(() => storage.commit(batchOf({}, [messageWith(1), unstorableMessage(2)])), 'a commit with a message that cannot be stored')
    expectEqual(await storage.loadSession('s1'), undefined, 'the session')
    expectEqual(await storage.loadMessages('s1'), [], 'its messages')
    expectEqual(await storage.listSessions(), [], 'the list')
  }),

  storageCase('a storage works on after a commit that failed', async (storage) => {
    await expectRejection(() => storage.commit(batchOf({}, [unstorableMessage(1)])), 'a commit with a message that cannot be stored')
    await storage.commit(batchOf({}, [messageWith(1)]))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1)], 'loadMessages')
  }),

  storageCase('a commit that is given again changes nothing', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 3), { cursor: { epoch: 'e', seq: 3 } }))
    const batch = batchOf({ title: 'T' }, [messageWith(2, { content: 'changed' }), messageWith(4)], { remove: ['m1'], cursor: { epoch: 'e', seq: 4 } })
    for (let time = 0; time < 3; time += 1) {
      await storage.commit(batch)
      expectEqual(await storage.loadSession('s1'), batch.session, 'the session')
      expectEqual(await storage.loadMessages('s1'), [messageWith(2, { content: 'changed' }), messageWith(3), messageWith(4)], 'its messages')
      expectEqual((await storage.listSessions()).length, 1, 'the number of sessions')
      if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 4 }, 'its cursor')
    }
  }),

  storageCase('commits of different sessions at one time all arrive', async (storage) => {
    const sessions = Array.from({ length: 20 }, (_, index) => `s${index}`)
    for (const [first, last] of [[1, 5], [6, 10], [11, 15]] as const) {
      await Promise.all(sessions.map((sessionId) => storage.commit(batchOf({ sessionId }, messagesFrom(first, last)))))
    }
    for (const sessionId of sessions) {
      expectEqual((await storage.loadSession(sessionId))?.lastSeqId, 15, `lastSeqId of ${sessionId}`)
      expectEqual(await storage.loadMessages(sessionId), messagesFrom(1, 15), `messages of ${sessionId}`)
    }
  }),

  storageCase('commits of one session that do not wait for each other apply in their order', async (storage) => {
    const commits = [
      storage.commit(batchOf({ title: 'first' }, messagesFrom(1, 3))),
      storage.commit(batchOf({ title: 'second' }, [messageWith(2, { content: 'changed' }), messageWith(4)], { remove: ['m1'] })),
      storage.commit(batchOf({ title: 'third' }, [messageWith(5)], { remove: ['m3'] })),
    ]
    await Promise.all(commits)
    expectEqual((await storage.loadSession('s1'))?.title, 'third', 'the title')
    expectEqual(await storage.loadMessages('s1'), [messageWith(2, { content: 'changed' }), messageWith(4), messageWith(5)], 'loadMessages')
  }),
]
