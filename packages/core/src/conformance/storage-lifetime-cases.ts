import { expectEqual, expectRejection, expectTrue } from './expectations.ts'
import { batchOf, fullMessage, fullSession, messagesFrom, messageWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** What is there after the end, and how much fits in before it. */
export const lifetimeCases: readonly StorageCase[] = [
  storageCase('what was committed is there when the database is opened again', async (storage, trial) => {
    if (!trial.setup.reopen) return
    const lease = await storage.acquire?.('before')
    await storage.commit({ session: fullSession, upsert: [fullMessage], remove: [], cursor: { epoch: 'e', seq: 9 } })
    await storage.commit(batchOf({ sessionId: 's1' }, messagesFrom(1, 5)))
    await storage.commit(batchOf({ sessionId: 's1' }, [messageWith(6)], { remove: ['m2'] }))
    await storage.commit(batchOf({ sessionId: 's2' }, [messageWith(1)]))
    await storage.deleteSessions(['s2'])
    await storage.close?.()
    const again = await trial.reopen()
    if (!again) return
    expectEqual(await again.loadSession(fullSession.sessionId), fullSession, 'a session')
    expectEqual(await again.loadMessages(fullSession.sessionId), [fullMessage], 'its messages')
    expectEqual(await again.loadMessages('s1'), [messageWith(1), ...messagesFrom(3, 6)], 'the messages of another')
    expectEqual(await again.loadSession('s2'), undefined, 'a deleted session')
    if (again.loadCursor) expectEqual(await again.loadCursor(fullSession.sessionId), { epoch: 'e', seq: 9 }, 'the cursor')
    if (again.search) expectEqual((await again.search('message')).map(({ message }) => message.id), ['m6', 'm5', 'm4', 'm3', 'm1'], 'what a search finds')
    await again.commit(batchOf({ sessionId: 's1' }, [messageWith(7)]))
    expectEqual(await again.loadMessages('s1', { limit: 2 }), messagesFrom(6, 7), 'after one more commit')
    if (lease) {
      const fence = (await again.acquire?.('after'))?.fence ?? 0
      expectTrue(fence > lease.fence, `the fence after reopening is ${fence}, before it was ${lease.fence}`)
    }
  }),

  storageCase('F1 what was acknowledged is there after a crash, without a close', async (storage, trial) => {
    await storage.commit(batchOf({ sessionId: 's1' }, messagesFrom(1, 5), { cursor: { epoch: 'e', seq: 5 } }))
    await storage.commit(batchOf({ sessionId: 's2' }, [messageWith(1)]))
    await storage.deleteSessions(['s2'])
    await storage.commit(batchOf({ sessionId: 's1', title: 'the last' }, [messageWith(6)], { remove: ['m2'] }))
    const again = await trial.crash()
    if (!again) return
    expectEqual((await again.loadSession('s1'))?.title, 'the last', 'the title')
    expectEqual(await again.loadMessages('s1'), [messageWith(1), ...messagesFrom(3, 6)], 'loadMessages')
    if (again.loadCursor) expectEqual(await again.loadCursor('s1'), { epoch: 'e', seq: 5 }, 'the cursor')
    expectEqual(await again.loadSession('s2'), undefined, 'a session whose deletion was acknowledged')
    expectEqual(await again.loadMessages('s2'), [], 'its messages')
  }),

  storageCase('storages that are open on one database read and write the same', async (storage, trial) => {
    await storage.commit(batchOf({}, messagesFrom(1, 3)))
    const another = await trial.another()
    if (!another) return
    expectEqual(await another.loadMessages('s1'), messagesFrom(1, 3), 'what the second reads')
    await another.commit(batchOf({ title: 'by the second' }, [messageWith(4)], { remove: ['m1'] }))
    expectEqual((await storage.loadSession('s1'))?.title, 'by the second', 'the title that the first reads')
    expectEqual(await storage.loadMessages('s1'), messagesFrom(2, 4), 'what the first reads')
    await storage.commit(batchOf({}, [messageWith(5)]))
    for (const both of [storage, another]) expectEqual(await both.loadMessages('s1'), messagesFrom(2, 5), 'what both read, after the first wrote again')
    await storage.deleteSessions(['s1'])
    expectEqual(await another.loadMessages('s1'), [], 'what the second reads of a session that the first deleted')
    await another.commit(batchOf({}, [messageWith(1)]))
    for (const both of [storage, another]) expectEqual(await both.loadMessages('s1'), [messageWith(1)], 'what both read of a new session of the same id')
  }),

  storageCase('who listens is told what another storage wrote and deleted, when it can be read, until it unsubscribes', async (storage, trial) => {
    const another = await trial.another()
    if (!storage.onChange || !another) return
    // As a store does: who writes has the lease.
    const fence = (await another.acquire?.('writer'))?.fence
    const under = fence === undefined ? {} : { fence }
    const read: Promise<string | undefined>[] = []
    const listener = hearing((ids) => {
      if (ids.includes('s1')) read.push(storage.loadSession('s1').then((session) => session?.title))
    })
    const second = hearing()
    storage.onChange(listener.hear)
    const unsubscribe = storage.onChange(second.hear)
    await storage.commit(batchOf({ sessionId: 'own' }, [messageWith(1)]))
    await another.commit(batchOf({ sessionId: 's1', title: 'one' }, [messageWith(1)], under))
    await trial.until('the news of a commit', listener.until('s1', 1))
    expectEqual(await read[0], 'one', 'the title that was read at the first news')
    await trial.until('the news of a commit, to the second listener,', second.until('s1', 1))
    unsubscribe()
    unsubscribe()
    await another.deleteSessions(['s1'], fence)
    await trial.until('the news of a deletion', listener.until('s1', 2))
    await another.commit(batchOf({ sessionId: 's2' }, [messageWith(1)], under))
    await trial.until('the news of another session', listener.until('s2', 1))
    expectEqual(second.heard.filter((id) => id === 's2'), [], 'what was told after the unsubscribe')
    expectEqual(listener.heard.filter((id) => id === 'own'), [], 'what was told of the storage’s own commits')
    await storage.close?.()
    const before = listener.heard.length
    await another.commit(batchOf({ sessionId: 's3' }, [messageWith(1)], under))
    await trial.settle()
    if (storage.close) expectEqual(listener.heard.length, before, 'ids that were told before the close and after it')
  }),

  storageCase('a commit that resolved before or during the close is there afterwards, one that rejected is not', async (storage, trial) => {
    if (!storage.close) return
    await storage.commit(batchOf({ sessionId: 's0' }, [messageWith(1)]))
    const commits = messagesFrom(1, 10).map((message) =>
      storage.commit(batchOf({ sessionId: `s${message.seqId}` }, [message])).then(
        () => true,
        () => false,
      ),
    )
    const reads = [storage.loadMessages('s0'), storage.loadSession('s0'), storage.listSessions()].map((read) => read.catch(() => []))
    await storage.close()
    // At once: nothing is written any more.
    const again = await trial.reopen()
    const found = await Promise.all(commits.map(async (_, index) => (await again?.loadMessages(`s${index + 1}`))?.length ?? 0))
    const kept = await Promise.all(commits)
    await Promise.all(reads)
    if (!again) return
    for (const [index, resolved] of kept.entries()) {
      expectEqual(found[index], resolved ? 1 : 0, `messages after the close, of a commit that ${resolved ? 'resolved' : 'rejected'}`)
    }
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

  storageCase('a message of megabytes comes back whole', async (storage) => {
    const content = Array.from({ length: 60_000 }, (_, line) => `line ${line} of a very long output 🦉\n`).join('')
    const message = messageWith(1, { content, toolInput: JSON.stringify({ content }), truncated: { characters: 1e9, lines: 1e6 } })
    const permissions = [{ id: 'q', title: 'May I?', state: 'pending', input: { content }, options: [], askedAt: 1 } as const]
    await storage.commit(batchOf({ title: content, permissions }, [message]))
    expectEqual(await storage.loadMessages('s1'), [message], 'loadMessages')
    const session = await storage.loadSession('s1')
    expectEqual(session?.title, content, 'the title')
    expectEqual(session?.permissions, permissions, 'the permissions')
  }),

  storageCase('a long session is whole and in order, from its end, by pages and at once', async (storage, trial) => {
    const count = trial.setup.longSession ?? 2000
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

  storageCase('what a commit and a page cost does not grow with the session', async (storage, trial) => {
    // A host of the first system gives all messages at once.
    if (storage.atomic === false) return
    const count = Math.max(trial.setup.longSession ?? 0, 10_000)
    const fill = async (sessionId: string, last: number) => {
      for (let from = 1; from <= last; from += 1000) await storage.commit(batchOf({ sessionId }, messagesFrom(from, Math.min(last, from + 999))))
    }
    const append = (sessionId: string, last: number) => (time: number) => storage.commit(batchOf({ sessionId }, [messageWith(last + time + 1)]))
    const read = (sessionId: string) => () => storage.loadMessages(sessionId, { limit: 200 })
    await fill('short', 200)
    await fill('long', count)
    for (const [what, cost] of [['a commit of one message', append], ['the last 200 messages', read]] as const) {
      const [short, long] = await trial.quickest(20, cost('short', 200), cost('long', count))
      // Far from what a machine’s other work does to the quickest of twenty.
      expectTrue(long <= short * 5 + 2, `${what} took ${long.toFixed(1)} ms in a session of ${count} messages, where it took ${short.toFixed(1)} ms in one of 200`)
    }
  }),
]

/** A listener that remembers the ids that it heard, and can be waited for. */
function hearing(also: (ids: readonly string[]) => void = () => {}) {
  const heard: string[] = []
  const waiting = new Set<() => void>()
  return {
    heard,
    hear(ids: readonly string[]): void {
      heard.push(...ids)
      also(ids)
      for (const look of waiting) look()
    },
    /** Resolves when it has heard an id so many times. */
    until: (id: string, times: number) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (heard.filter((one) => one === id).length >= times) resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
