import { expectEqual } from './expectations.ts'
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

  storageCase('T23 order is that of the seqIds, also of large ones, and not that of the timestamps', async (storage) => {
    const seqIds = [3, 16_777_216, 16_777_217, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1]
    const messages = seqIds.map((seqId, index) => messageWith(seqId, { timestamp: 1_700_000_000_000 - index }))
    await storage.commit(batchOf({}, messages.toReversed(), { cursor: { epoch: 'e', seq: 2 ** 53 - 1 } }))
    expectEqual(await storage.loadMessages('s1'), messages, 'loadMessages')
    expectEqual(await storage.loadMessages('s1', { after: 16_777_216, before: 2 ** 31 + 1, limit: 2 }), messages.slice(3, 5), 'two of a range')
    if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 2 ** 53 - 1 }, 'the cursor')
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

  storageCase('the last session of a project is the first of its list, also where several have one time', async (storage) => {
    for (const [index, sessionId] of ['b', 'd', 'a', 'c'].entries()) await storage.commit(batchOf({ sessionId, updatedAt: 2000, createdAt: 1000 + (index % 2) }))
    for (const gone of [undefined, 0, 1]) {
      const ids = (await storage.listSessions('p1')).map((found) => found.sessionId)
      expectEqual((await storage.lastSession('p1'))?.sessionId, ids[0], `lastSession, where the list is ${ids.join(', ')}`)
      if (gone !== undefined) await storage.deleteSessions(ids.slice(gone, gone + 1))
    }
  }),

  storageCase('sessions are listed newest first, of one project or of all', async (storage) => {
    const at = (sessionId: string, projectId: string, updatedAt: number) => storage.commit(batchOf({ sessionId, projectId, updatedAt }))
    await at('a', 'p1', 2000)
    await at('b', 'p2', 4000)
    await at('c', 'p1', 1000)
    await at('d', 'p1', 3000)
    await at('c', 'p1', 5000)
    // Neither their length nor their whole part alone, nor when they were made, nor that one is pinned.
    await storage.commit(batchOf({ sessionId: 'short', projectId: 'p4', updatedAt: 999, createdAt: 999, pinned: true }))
    for (const [sessionId, updatedAt] of [['half', 10_000_000_000_000.25], ['long', 10_000_000_000_000.75], ['now', 1_800_000_000_000], ['less', 2 ** 31 - 1], ['more', 2 ** 31]] as const) {
      await storage.commit(batchOf({ sessionId, projectId: 'p4', updatedAt, createdAt: updatedAt > 2 ** 32 ? 500 : 5000 }))
    }
    const ids = async (projectId?: string) => (await storage.listSessions(projectId)).map((found) => found.sessionId)
    expectEqual(await ids('p4'), ['long', 'half', 'now', 'more', 'less', 'short'], 'of p4')
    await storage.deleteSessions(['half', 'long', 'now', 'more', 'less', 'short'])
    expectEqual(await ids(), ['c', 'b', 'd', 'a'], 'all')
    expectEqual(await ids('p1'), ['c', 'd', 'a'], 'of p1')
    expectEqual(await ids('p3'), [], 'of a project without sessions')
  }),

  storageCase('a listed session shows what its record says', async (storage) => {
    const shown = { status: 'error', endReason: 'error', title: 'T', model: 'm', costUsd: 1.5, inputTokens: 2, outputTokens: 3, error: 'E', pinned: true } as const
    await storage.commit(batchOf({ sessionId: 'full', updatedAt: 2000, lastSeqId: 7, ...shown }))
    await storage.commit(batchOf({ sessionId: 'bare', updatedAt: 1000 }))
    const common = { projectId: 'p1', provider: 'claude', createdAt: 1_700_000_000_000 }
    const bare = { ...common, sessionId: 'bare', status: 'idle', model: '', costUsd: 0, inputTokens: 0, outputTokens: 0, updatedAt: 1000, lastSeqId: 0 }
    expectEqual(await storage.listSessions(), [{ ...common, sessionId: 'full', updatedAt: 2000, lastSeqId: 7, ...shown }, bare], 'listSessions')
    await storage.commit(batchOf({ sessionId: 'full', updatedAt: 3000, lastSeqId: 8, status: 'done', model: 'm2' }))
    const later = { ...bare, sessionId: 'full', status: 'done', model: 'm2', updatedAt: 3000, lastSeqId: 8 }
    expectEqual(await storage.listSessions('p1'), [later, bare], 'listSessions after the next commit')
  }),

  storageCase('pages of a list hold every session once, also where many have one time', async (storage) => {
    const expected: string[] = []
    for (let n = 0; n < 105; n += 1) {
      expected.push(`s${n}`)
      await storage.commit(batchOf({ sessionId: `s${n}`, updatedAt: 1000 + (n % 3) }))
    }
    for (let n = 0; n < 5; n += 1) await storage.commit(batchOf({ sessionId: `other${n}`, projectId: 'p2', updatedAt: 1002 - n }))
    const ids = async (limit?: number, offset?: number, projectId?: string) =>
      (await storage.listSessions(projectId, { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) })).map((found) => found.sessionId)
    for (const [projectId, count] of [[undefined, 110], ['p1', 105]] as const) {
      const of = projectId === undefined ? 'of all' : 'of one project among others'
      expectEqual((await ids(undefined, undefined, projectId)).length, 100, `the length of a page without a limit, ${of}`)
      expectEqual((await ids(undefined, 100, projectId)).length, count - 100, `the length of the page after it, ${of}`)
      expectEqual((await ids(Infinity, undefined, projectId)).length, count, `the length of a page without end, ${of}`)
      expectEqual(await ids(0, undefined, projectId), [], `a page of none, ${of}`)
      expectEqual(await ids(10, count, projectId), [], `a page after the end, ${of}`)
    }
    const paged: string[] = []
    for (let offset = 0; offset < 105; offset += 10) paged.push(...(await ids(10, offset, 'p1')))
    expectEqual(paged.toSorted(), expected.toSorted(), 'all pages of one project')
    expectEqual(paged.slice(0, 35).every((id) => Number(id.slice(1)) % 3 === 2), true, 'whether the newest come first')
    const all: string[] = []
    for (let offset = 0; offset < 110; offset += 10) all.push(...(await ids(10, offset)))
    expectEqual(all.toSorted(), [...expected, ...[0, 1, 2, 3, 4].map((n) => `other${n}`)].toSorted(), 'all pages of all')
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

  storageCase('a search looks for the characters, anywhere in the text of every message', async (storage) => {
    if (!storage.search) return
    const find = async (text: string) => ((await storage.search?.(text)) ?? []).map((hit) => hit.message.id)
    const contents = [
      'const a = b.*c(d)[0]', 'C:\\new\\table', 'pineapples', 'an "orange" -pear', `${'long '.repeat(1000)}the end of it`, 'first line\nsecond line', 'go on', 'a1*b^2?', "it's",
    ]
    const roles = ['user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system'] as const
    const messages = contents.map((content, index) => messageWith(index + 1, { content, role: roles[index % roles.length] ?? 'user', toolName: 'Bash', toolInput: '{"hidden":1}' }))
    await storage.commit(batchOf({ title: 'hidden' }, messages))
    const expected: Record<string, readonly string[]> = {
      apple: ['m3'], pine: ['m3'], 'b.*c': ['m1'], 'a.*b': [], '(d)[0]': ['m1'], '(': ['m1'], '[a-z]': [], '\\n': ['m2'], '\\t': ['m2'], '"orange"': ['m4'], '-pear': ['m4'], 'orange pear': [],
      'orange OR go': [], 'pine*': [], 'end of it': ['m5'], 'second line': ['m6'], 'line\nsec': ['m6'], go: ['m7'], 'a1*': ['m8'], '^2?': ['m8'], '^go': [], "it's": ['m9'], "'": ['m9'],
      hidden: [], Bash: [], m3: [], ',': [], 'NEAR(': [], '"': ['m4'], 'content:go': [],
    }
    for (const [text, ids] of Object.entries(expected)) expectEqual(await find(text), ids, `search ${JSON.stringify(text)}`)
  }),

  storageCase('pages of a search hold every hit once, in the order of sessions and seqIds', async (storage) => {
    if (!storage.search) return
    const find = async (page?: { limit?: number; offset?: number }) => ((await storage.search?.('word', page)) ?? []).map((hit) => `${hit.sessionId}/${hit.message.seqId}`)
    // Neither the time of a message nor when its session was made.
    const says = (seqId: number) => messageWith(seqId, { content: `word ${seqId}`, timestamp: 2_000_000_000_000 - seqId })
    const ids = Array.from({ length: 55 }, (_, index) => index + 1)
    await storage.commit(batchOf({ sessionId: 'new', updatedAt: 2000, createdAt: 100 }, ids.map(says)))
    await storage.commit(batchOf({ sessionId: 'old', updatedAt: 1000, createdAt: 900 }, ids.map((id) => ({ ...says(id), timestamp: 3_000_000_000_000 }))))
    const expected = ['new', 'old'].flatMap((session) => ids.toReversed().map((id) => `${session}/${id}`))
    expectEqual(await find({ limit: Infinity }), expected, 'all hits')
    expectEqual(await find(), expected.slice(0, 100), 'a page without a limit')
    expectEqual(await find({ offset: 100 }), expected.slice(100), 'the page after it')
    expectEqual(await find({ limit: 20, offset: 50 }), expected.slice(50, 70), 'a page of both sessions')
    expectEqual(await find({ limit: 0 }), [], 'a page of none')
    expectEqual(await find({ limit: 10, offset: 110 }), [], 'a page after the end')
  }),
]
