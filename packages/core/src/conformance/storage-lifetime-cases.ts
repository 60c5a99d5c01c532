import type { SessionStorage } from '../ports/session-storage.ts'
import { expectEqual, expectRejection, expectTrue } from './expectations.ts'
import { batchOf, fullMessage, fullSession, messagesFrom, messageWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** What is there after the end, and how much fits in before it. */
export const lifetimeCases: readonly StorageCase[] = [
  storageCase('what was committed is there when the database is opened again', async (storage, setup) => {
    if (!setup.reopen) return
    const lease = await storage.acquire?.('before')
    await storage.commit({ session: fullSession, upsert: [fullMessage], remove: [], cursor: { epoch: 'e', seq: 9 } })
    await storage.commit(batchOf({ sessionId: 's1' }, messagesFrom(1, 5)))
    await storage.commit(batchOf({ sessionId: 's1' }, [messageWith(6)], { remove: ['m2'] }))
    await storage.commit(batchOf({ sessionId: 's2' }, [messageWith(1)]))
    await storage.deleteSessions(['s2'])
    await storage.close?.()
    await closing(await setup.reopen(), async (again) => {
      expectEqual(await again.loadSession(fullSession.sessionId), fullSession, 'a session')
      expectEqual(await again.loadMessages(fullSession.sessionId), [fullMessage], 'its messages')
      expectEqual(await again.loadMessages('s1'), [messageWith(1), ...messagesFrom(3, 6)], 'the messages of another')
      expectEqual(await again.loadSession('s2'), undefined, 'a deleted session')
      if (again.loadCursor) expectEqual(await again.loadCursor(fullSession.sessionId), { epoch: 'e', seq: 9 }, 'the cursor')
      await again.commit(batchOf({ sessionId: 's1' }, [messageWith(7)]))
      expectEqual(await again.loadMessages('s1', { limit: 2 }), messagesFrom(6, 7), 'after one more commit')
      if (lease) {
        const fence = (await again.acquire?.('after'))?.fence ?? 0
        expectTrue(fence > lease.fence, `the fence after reopening is ${fence}, before it was ${lease.fence}`)
      }
    })
  }),

  storageCase('a commit that resolved before or during the close is there afterwards, one that rejected is not', async (storage, setup) => {
    if (!storage.close) return
    const commits = messagesFrom(1, 10).map((message) =>
      storage.commit(batchOf({ sessionId: `s${message.seqId}` }, [message])).then(
        () => true,
        () => false,
      ),
    )
    await storage.close()
    const kept = await Promise.all(commits)
    if (!setup.reopen) return
    await closing(await setup.reopen(), async (again) => {
      for (const [index, resolved] of kept.entries()) {
        const messages = await again.loadMessages(`s${index + 1}`)
        expectEqual(messages.length, resolved ? 1 : 0, `messages of a commit that ${resolved ? 'resolved' : 'rejected'}`)
      }
    })
  }),

  storageCase('after close every method rejects with storage-closed, and close may be called again', async (storage) => {
    if (!storage.close) return
    await storage.commit(batchOf({}, [messageWith(1)]))
    await storage.close()
    await storage.close()
    const methods: Record<string, (() => Promise<unknown>) | undefined> = {
      commit: () => storage.commit(batchOf({}, [messageWith(2)])),
      lastSession: () => storage.lastSession('p1'),
      listSessions: () => storage.listSessions(),
      loadSession: () => storage.loadSession('s1'),
      loadMessages: () => storage.loadMessages('s1'),
      deleteSessions: () => storage.deleteSessions(['s1']),
      loadCursor: storage.loadCursor && (async () => storage.loadCursor?.('s1')),
      search: storage.search && (async () => storage.search?.('message')),
      acquire: storage.acquire && (async () => storage.acquire?.('late')),
    }
    for (const [name, call] of Object.entries(methods)) {
      if (call) await expectRejection(call, `${name} after close`, 'storage-closed')
    }
  }),

  storageCase('a storage may be closed before it was used', async (storage) => {
    await storage.close?.()
  }),

  storageCase('a message of a megabyte comes back whole', async (storage) => {
    const content = Array.from({ length: 25_000 }, (_, line) => `line ${line} of a very long output 🦉\n`).join('')
    const message = messageWith(1, { content, toolInput: JSON.stringify({ content }), truncated: { characters: 1e9, lines: 1e6 } })
    await storage.commit(batchOf({ title: content }, [message]))
    expectEqual(await storage.loadMessages('s1'), [message], 'loadMessages')
    expectEqual((await storage.loadSession('s1'))?.title, content, 'the title')
  }),

  storageCase('a long session is whole and in order, from its end, by pages and at once', async (storage, setup) => {
    const count = setup.longSession ?? 2000
    const all = messagesFrom(1, count)
    for (let from = 0; from < count; from += 100) await storage.commit(batchOf({}, all.slice(from, from + 100)))
    // Of each tenth message the text grew later.
    const grown = all.filter((message) => message.seqId % 10 === 0).map((message) => ({ ...message, content: `${message.content} and more` }))
    for (let from = 0; from < grown.length; from += 100) await storage.commit(batchOf({ lastSeqId: count }, grown.slice(from, from + 100)))
    for (const message of grown) all[message.seqId - 1] = message
    expectEqual(await storage.loadMessages('s1', { limit: 200 }), all.slice(-200), 'the last 200')
    expectEqual(await storage.loadMessages('s1'), all, 'all')
    const paged = []
    for (let before = count + 1; before > 1; ) {
      const page = await storage.loadMessages('s1', { before, limit: 333 })
      paged.unshift(...page)
      before = page[0]?.seqId ?? 0
    }
    expectEqual(paged, all, 'all, by pages from the end')
  }),
]

async function closing(storage: SessionStorage, use: (storage: SessionStorage) => Promise<void>): Promise<void> {
  try {
    await use(storage)
  } finally {
    await storage.close?.()
  }
}
