import { nextMacrotask } from '../defaults/system-clock.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import { expectEqual, expectRejection, expectTrue } from './expectations.ts'
import { batchOf, messagesFrom, messageWith, sessionWith, unstorableMessage, unstorableSession } from './sample-records.ts'
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
    const worse = { ...bad, session: unstorableSession({ lastSeqId: 5 }), upsert: bad.upsert.slice(0, 2) }
    for (const [what, batch] of [['a message', bad], ['a session', worse]] as const) {
      await expectRejection(() => storage.commit(batch), `a commit with ${what} that cannot be stored`)
      expectEqual(await storage.loadSession('s1'), sessionWith({ title: 'before', lastSeqId: 3 }), 'the session')
      expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 3), 'its messages')
      if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 3 }, 'its cursor')
    }
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

  storageCase('T9 commits and deletions that do not wait for each other apply in their order', async (storage) => {
    await storage.commit(batchOf({ sessionId: 's2' }, messagesFrom(1, 2)))
    await Promise.all([
      storage.commit(batchOf({ sessionId: 's1' }, messagesFrom(1, 20))),
      storage.deleteSessions(['s1', 's2']),
      storage.commit(batchOf({ sessionId: 's2' }, [messageWith(3)])),
    ])
    expectEqual(await storage.loadSession('s1'), undefined, 'the session that was deleted after its commit')
    expectEqual(await storage.loadMessages('s1'), [], 'its messages')
    expectEqual((await storage.loadSession('s2'))?.lastSeqId, 3, 'lastSeqId of the session that was deleted before its commit')
    expectEqual(await storage.loadMessages('s2'), [messageWith(3)], 'its messages')
  }),

  storageCase('a reader sees all of a commit or nothing of it, and all of it once it has resolved', async (storage) => {
    if (storage.atomic === false) return
    const batches = [0, 1, 2].map((round) =>
      batchOf({ title: `${round}`, turns: round }, messagesFrom(1, 40).map((message) => ({ ...message, content: `of ${round}` })), { cursor: { epoch: 'e', seq: round } }),
    )
    for (const [round, batch] of batches.entries()) {
      let isDone = false
      const commit = storage.commit(batch).then(() => (isDone = true))
      const reading = looks.map(async (look) => {
        // As long as it is written, and once more; with a rest, so that it can be written at all.
        for (let last = false; !last; await nextMacrotask()) {
          last = isDone
          const [first, second] = await look(storage)
          const known = last ? [round] : [round - 1, round]
          for (const seen of [first, second]) expectTrue(known.includes(seen), `a reader saw the commit ${seen} while ${known.join(' or ')} was there`)
          expectTrue(first <= second, `a reader saw the commit ${first} in one place, and then the one before it in another`)
        }
      })
      await Promise.all([commit, ...reading])
    }
  }),

  storageCase('a reader sees all of a deletion or nothing of it', async (storage) => {
    if (storage.atomic === false) return
    await storage.commit(batchOf({}, messagesFrom(1, 40), { cursor: { epoch: 'e', seq: 1 } }))
    let isDone = false
    const deletion = storage.deleteSessions(['s1']).then(() => (isDone = true))
    for (let last = false; !last; await nextMacrotask()) {
      last = isDone
      const session = await storage.loadSession('s1')
      const messages = await storage.loadMessages('s1')
      const listed = await storage.listSessions()
      expectTrue(messages.length === 0 || messages.length === 40, `a reader saw ${messages.length} of 40 messages of a session that was being deleted`)
      expectTrue(session !== undefined || messages.length === 0, 'the session was gone, and its messages were there')
      expectTrue(messages.length > 0 || listed.length === 0, 'the messages were gone, and the session was listed')
    }
    await deletion
  }),

  storageCase('many reads at one time are all answered', async (storage) => {
    const sessions = Array.from({ length: 20 }, (_, index) => `s${index}`)
    for (const sessionId of sessions) await storage.commit(batchOf({ sessionId }, messagesFrom(1, 3)))
    const reads = sessions.flatMap((sessionId) => [
      storage.loadMessages(sessionId).then((found) => found.length),
      storage.loadMessages(sessionId, { limit: 1 }).then((found) => found.length + 2),
      storage.loadSession(sessionId).then((found) => found?.lastSeqId),
      storage.lastSession('p1').then((found) => found?.lastSeqId),
      storage.listSessions('p1', { limit: 3 }).then((found) => found.length),
    ])
    expectEqual(await Promise.all(reads), reads.map(() => 3), 'what was read')
  }),

  storageCase('a batch may be large, and a list of ids long', async (storage) => {
    const messages = messagesFrom(1, 5000)
    await storage.commit(batchOf({}, messages))
    expectEqual((await storage.loadMessages('s1')).length, 5000, 'messages of one batch')
    const odd = messages.filter(({ seqId }) => seqId % 2 === 1).map(({ id }) => id)
    await storage.commit(batchOf({ lastSeqId: 5000 }, [], { remove: odd }))
    const left = await storage.loadMessages('s1')
    expectEqual([left.length, left[0]?.seqId, left.at(-1)?.seqId], [2500, 2, 5000], 'messages after 2500 were removed, and the ends of what is left')
    await storage.deleteSessions([...Array.from({ length: 2500 }, (_, index) => `nobody-${index}`), 's1'])
    expectEqual(await storage.loadSession('s1'), undefined, 'the session that was deleted with 2500 unknown ones')
  }),
]

/** Ways to look at two things, one after the other, where the second must not be older than the first: each gives their commits. */
const looks: readonly ((storage: SessionStorage) => Promise<readonly [number, number]>)[] = [
  async (storage) => [await recordOf(storage), await messagesOf(storage)],
  async (storage) => [await messagesOf(storage), await recordOf(storage)],
  async (storage) => {
    const cursor = storage.loadCursor ? ((await storage.loadCursor('s1'))?.seq ?? -1) : -1
    const messages = await messagesOf(storage)
    return [storage.loadCursor ? cursor : messages, messages]
  },
]

const recordOf = async (storage: SessionStorage): Promise<number> => (await storage.loadSession('s1'))?.turns ?? -1

async function messagesOf(storage: SessionStorage): Promise<number> {
  const messages = await storage.loadMessages('s1')
  const [first] = messages
  if (first === undefined) return -1
  expectEqual(messages.length, 40, 'messages that a reader saw of a commit of 40')
  for (const { content } of messages) expectEqual(content, first.content, 'a message that a reader saw beside another commit')
  return Number(first.content.slice(3))
}
