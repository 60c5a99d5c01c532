import { expectEqual, expectTrue } from './expectations.ts'
import { batchOf, messagesFrom, messageWith, sessionWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** Order, ranges, pages and search. */
export const readingCases: readonly StorageCase[] = [
  storageCase('messages come in seqId order, whatever the order they were given in', async (storage) => {
    const at = (seqId: number) => messageWith(seqId)
    await storage.commit(batchOf({ lastSeqId: 10 }, [at(10), at(2), at(9)]))
    await storage.commit(batchOf({ lastSeqId: 100 }, [at(1), at(100), at(11)]))
    expectEqual((await storage.loadMessages('s1')).map((message) => message.seqId), [1, 2, 9, 10, 11, 100], 'loadMessages')
  }),

  storageCase('a range gives the newest that fit, both ends exclusive, in seqId order', async (storage) => {
    const all = messagesFrom(1, 20).filter((message) => message.seqId % 5 !== 0)
    await storage.commit(batchOf({}, all.slice(0, 7)))
    await storage.commit(batchOf({}, all.slice(7)))
    const bounds = [undefined, 0, 1, 5, 6, 14, 15, 19, 20, 1000]
    const limits = [undefined, 0, 1, 3, 1000, Infinity]
    for (const after of bounds) {
      for (const before of bounds) {
        for (const limit of limits) {
          const range = { ...(after !== undefined && { after }), ...(before !== undefined && { before }), ...(limit !== undefined && { limit }) }
          const within = all.filter(({ seqId }) => seqId > (after ?? -1) && seqId < (before ?? Infinity))
          const expected = limit === undefined ? within : within.slice(Math.max(0, within.length - limit))
          expectEqual(
            (await storage.loadMessages('s1', range)).map((message) => message.seqId),
            expected.map((message) => message.seqId),
            `loadMessages ${JSON.stringify(range)}`,
          )
        }
      }
    }
  }),

  storageCase('a range passes over a wide hole', async (storage) => {
    for (let first = 1; first < 100; first += 10) await storage.commit(batchOf({}, messagesFrom(first, first + 9)))
    await storage.commit(batchOf({ lastSeqId: 100 }, [], { remove: messagesFrom(11, 90).map((message) => message.id) }))
    const left = [...messagesFrom(1, 10), ...messagesFrom(91, 100)]
    expectEqual(await storage.loadMessages('s1', { limit: 15 }), left.slice(-15), 'the last 15')
    expectEqual(await storage.loadMessages('s1', { before: 60, limit: 3 }), messagesFrom(8, 10), 'three before the hole, from its middle')
    expectEqual(await storage.loadMessages('s1', { after: 40, before: 92 }), [messageWith(91)], 'from the middle of the hole on')
    expectEqual(await storage.loadMessages('s1', { after: 20, before: 80 }), [], 'within the hole')
    expectEqual(await storage.loadMessages('s1'), left, 'all')
  }),

  storageCase('the last session of a project is the one with the newest updatedAt', async (storage) => {
    await storage.commit(batchOf({ sessionId: 'old', updatedAt: 1000 }))
    await storage.commit(batchOf({ sessionId: 'new', updatedAt: 3000 }))
    await storage.commit(batchOf({ sessionId: 'other', projectId: 'p2', updatedAt: 9000 }))
    await storage.commit(batchOf({ sessionId: 'mid', updatedAt: 2000 }))
    expectEqual(await storage.lastSession('p1'), sessionWith({ sessionId: 'new', updatedAt: 3000 }), 'lastSession')
    await storage.commit(batchOf({ sessionId: 'old', updatedAt: 4000 }))
    expectEqual((await storage.lastSession('p1'))?.sessionId, 'old', 'lastSession after another one was updated')
    expectEqual(await storage.lastSession('p3'), undefined, 'lastSession of a project without sessions')
  }),

  storageCase('sessions are listed newest first, of one project or of all', async (storage) => {
    const at = (sessionId: string, projectId: string, updatedAt: number) => storage.commit(batchOf({ sessionId, projectId, updatedAt }))
    await at('a', 'p1', 2000)
    await at('b', 'p2', 4000)
    await at('c', 'p1', 1000)
    await at('d', 'p1', 3000)
    await at('c', 'p1', 5000)
    const ids = async (projectId?: string) => (await storage.listSessions(projectId)).map((found) => found.sessionId)
    expectEqual(await ids(), ['c', 'b', 'd', 'a'], 'all')
    expectEqual(await ids('p1'), ['c', 'd', 'a'], 'of p1')
    expectEqual(await ids('p3'), [], 'of a project without sessions')
  }),

  storageCase('a listed session shows what its record says', async (storage) => {
    const shown = { status: 'error', endReason: 'error', title: 'T', model: 'm', costUsd: 1.5, inputTokens: 2, outputTokens: 3, error: 'E', pinned: true } as const
    await storage.commit(batchOf({ sessionId: 'full', updatedAt: 2000, lastSeqId: 7, ...shown }))
    await storage.commit(batchOf({ sessionId: 'bare', updatedAt: 1000 }))
    const [full, bare] = await storage.listSessions()
    const common = { sessionId: 'full', projectId: 'p1', provider: 'claude', createdAt: 1_700_000_000_000, updatedAt: 2000, lastSeqId: 7 }
    for (const [field, value] of Object.entries({ ...common, ...shown })) expectEqual(full && Reflect.get(full, field), value, field)
    for (const field of ['endReason', 'title', 'error', 'pinned']) {
      expectTrue(bare !== undefined && !(field in bare), `${field} is there, where the session has none`)
    }
  }),

  storageCase('pages of a list hold every session once, also where many have one time', async (storage) => {
    const expected: string[] = []
    for (let n = 0; n < 105; n += 1) {
      expected.push(`s${n}`)
      await storage.commit(batchOf({ sessionId: `s${n}`, updatedAt: 1000 + (n % 3) }))
    }
    const ids = async (limit?: number, offset?: number, projectId?: string) =>
      (await storage.listSessions(projectId, { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) })).map((found) => found.sessionId)
    expectEqual((await ids()).length, 100, 'the length of a page without a limit')
    expectEqual((await ids(undefined, 100)).length, 5, 'the length of the page after it')
    expectEqual((await ids(Infinity)).length, 105, 'the length of a page without end')
    expectEqual(await ids(10, 105), [], 'a page after the end')
    for (const projectId of [undefined, 'p1']) {
      const paged: string[] = []
      for (let offset = 0; offset < 105; offset += 10) paged.push(...(await ids(10, offset, projectId)))
      expectEqual(paged.toSorted(), expected.toSorted(), `all pages ${projectId === undefined ? 'of all' : 'of one project'}`)
      expectEqual(paged.slice(0, 35).every((id) => Number(id.slice(1)) % 3 === 2), true, 'the newest come first')
    }
  }),

  storageCase('the cursor is that of the last commit that had one', async (storage) => {
    if (!storage.loadCursor) return
    await storage.commit(batchOf({}, [messageWith(1)]))
    expectEqual(await storage.loadCursor('s1'), undefined, 'before the first')
    await storage.commit(batchOf({ lastSeqId: 1 }, [], { cursor: { epoch: 'e1', seq: 7 } }))
    await storage.commit(batchOf({}, [messageWith(2)]))
    expectEqual(await storage.loadCursor('s1'), { epoch: 'e1', seq: 7 }, 'after a commit without one')
    await storage.commit(batchOf({ lastSeqId: 2 }, [], { cursor: { epoch: 'e2', seq: 0 } }))
    expectEqual(await storage.loadCursor('s1'), { epoch: 'e2', seq: 0 }, 'after another epoch')
    expectEqual(await storage.loadCursor('s2'), undefined, 'of an unknown session')
  }),

  storageCase('a search finds the text as it is written, newest first, and nothing that is gone', async (storage) => {
    if (!storage.search) return
    const find = async (text: string, page?: { limit?: number; offset?: number }) =>
      ((await storage.search?.(text, page)) ?? []).map((hit) => `${hit.projectId}/${hit.sessionId}/${hit.message.id}`)
    const says = (seqId: number, content: string) => messageWith(seqId, { content })
    const old = [says(1, 'an apple a day'), says(2, '100% sure of a_b'), says(3, '1000 axb'), says(4, 'the last apple')]
    await storage.commit(batchOf({ sessionId: 's1', updatedAt: 1000 }, old))
    await storage.commit(batchOf({ sessionId: 's2', projectId: 'p2', updatedAt: 2000 }, [messageWith(1, { content: 'no apple', timestamp: 1_800_000_000_000 })]))
    expectEqual(await find('apple'), ['p2/s2/m1', 'p1/s1/m4', 'p1/s1/m1'], 'a word')
    expectEqual(await find('APPLE', { limit: 1, offset: 1 }), ['p1/s1/m4'], 'a page of it, in capitals')
    expectEqual(await find('100%'), ['p1/s1/m2'], 'a percent sign')
    expectEqual(await find('a_b'), ['p1/s1/m2'], 'an underscore')
    expectEqual(await find(''), [], 'nothing')
    expectEqual(await find(`' OR 1=1 --`), [], 'a quote')
    expectEqual((await storage.search('sure'))[0]?.message, old[1], 'the message of a hit')
    await storage.commit(batchOf({ sessionId: 's1', updatedAt: 1000, lastSeqId: 4 }, [says(1, 'a pear a day')], { remove: ['m4'] }))
    expectEqual(await find('apple'), ['p2/s2/m1'], 'after one was changed and one removed')
    expectEqual(await find('pear'), ['p1/s1/m1'], 'the new text')
  }),
]
