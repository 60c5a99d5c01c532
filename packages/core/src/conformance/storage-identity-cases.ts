import { expectEqual } from './expectations.ts'
import { batchOf, messagesFrom, messageWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

// Each is an id that some encoding, pattern, path or collation takes for another, or for a part of one.
const awkward = [
  'a', 'aa', 'A', 'a ', ' a', 'a/', 'a/b', 'a%', '%', '_', 'a_', "a'", '"', '`', '\\', 'a\\', ';--', '..', '../a', '.', '/', '//', 'a:b', 'a,b', '[a]', '["a"]',
  'a\nb', 'a  ', 'a\t', '1', '01', '1e3', '1000', '-0', '0', 'null', 'undefined', 'true', '__proto__', 'constructor', 'toString', 'é', 'e\u0301', 'e', 'ß', 'SS', 'ﬁ', 'fi',
  '%61', "''", "'", '""', 'a\u0000', 'a\u0000b', '\u0000', '\u0000a', '🦉', '\ud83e', '\udd89', '\ufffd', '\ud83e\udd89a', '\u202e', 'a\u202e', 'a\u200b', 'a\u00ad', '\ufeffa', '\ufeff',
  '\uffff', '\uffff\uffff', 'x'.repeat(256), `${'x'.repeat(255)}y`, '🦉'.repeat(128), `${'y'.repeat(4000)}1`, `${'y'.repeat(4000)}2`,
] as const

/** What may stand between the parts of a key. */
const separators = ['', ':', '::', '/', '|', '\u0000', '-', '--', ' ', ',', '#', '.', '_', '\n', '\uffff', '","', "','"] as const

/** What belongs to one session, project or message shows in no other, whatever their ids look like. */
export const identityCases: readonly StorageCase[] = [
  storageCase('a message replaces the one of its id, and no other', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 3)))
    const changed = messageWith(2, { content: 'more', streaming: true })
    await storage.commit(batchOf({ lastSeqId: 3 }, [changed]))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), changed, messageWith(3)], 'loadMessages')
  }),

  storageCase('a message that was removed and comes again in another place is there once', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 3)))
    await storage.commit(batchOf({ lastSeqId: 3 }, [], { remove: ['m2', 'm3'] }))
    const moved = messageWith(4, { id: 'm2' })
    await storage.commit(batchOf({}, [moved]))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), moved], 'loadMessages')
    await storage.commit(batchOf({ lastSeqId: 4 }, [], { remove: ['m2'] }))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1)], 'after it was removed again')
  }),

  storageCase('a message that is removed and given in one batch is there as it was given', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 3)))
    const again = messageWith(4, { id: 'm2', content: 'once more' })
    await storage.commit(batchOf({}, [again], { remove: ['m2', 'm3'] }))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), again], 'loadMessages')
  }),

  storageCase('a removed message is gone for good, and leaves a hole', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 4)))
    await storage.commit(batchOf({ lastSeqId: 4 }, [], { remove: ['m2', 'm4'] }))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), messageWith(3)], 'after the removal')
    await storage.commit(batchOf({}, [messageWith(5)]))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), messageWith(3), messageWith(5)], 'after the next commit')
    expectEqual((await storage.loadSession('s1'))?.lastSeqId, 5, 'lastSeqId')
  }),

  storageCase('a removal of an unknown message is ignored', async (storage) => {
    await storage.commit(batchOf({}, messagesFrom(1, 2), { remove: ['m9', ''] }))
    await storage.commit(batchOf({ lastSeqId: 2 }, [], { remove: ['nobody'] }))
    expectEqual(await storage.loadMessages('s1'), messagesFrom(1, 2), 'loadMessages')
  }),

  storageCase('sessions with the same message ids do not touch each other', async (storage) => {
    const other = messagesFrom(1, 3).map((message) => ({ ...message, content: 'other' }))
    await storage.commit(batchOf({ sessionId: 's1' }, messagesFrom(1, 3)))
    await storage.commit(batchOf({ sessionId: 's2' }, other))
    await storage.commit(batchOf({ sessionId: 's2', lastSeqId: 3 }, [], { remove: ['m1'] }))
    await storage.commit(batchOf({ sessionId: 's1', lastSeqId: 3 }, [messageWith(3, { content: 'mine' })], { remove: ['m2'] }))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1), messageWith(3, { content: 'mine' })], 'the first session')
    expectEqual(await storage.loadMessages('s2'), other.slice(1), 'the second session')
  }),

  storageCase('session ids with every awkward character stay apart', async (storage) => {
    for (const [index, sessionId] of awkward.entries()) {
      await storage.commit(batchOf({ sessionId }, [messageWith(1, { content: `of ${index}` })], { cursor: { epoch: sessionId, seq: index } }))
    }
    const [first, ...others] = awkward
    await storage.deleteSessions([first])
    expectEqual(await storage.loadMessages(first), [], 'the messages of a deleted session')
    for (const [index, sessionId] of others.entries()) {
      const what = `session ${JSON.stringify(sessionId)}`
      expectEqual((await storage.loadSession(sessionId))?.sessionId, sessionId, what)
      expectEqual(await storage.loadMessages(sessionId), [messageWith(1, { content: `of ${index + 1}` })], `messages of ${what}`)
      if (storage.loadCursor) expectEqual(await storage.loadCursor(sessionId), { epoch: sessionId, seq: index + 1 }, `cursor of ${what}`)
    }
  }),

  storageCase('ids that read the same when they are put together stay apart', async (storage) => {
    // As in a key of session and message, or of session and seqId.
    const says = (sessionId: string, message: ReturnType<typeof messageWith>) => storage.commit(batchOf({ sessionId }, [message]))
    for (const between of separators) {
      const expected = { a: messageWith(1, { id: `b${between}c`, content: 'of the first' }), [`a${between}b`]: messageWith(1, { id: 'c', content: 'of the second' }) }
      for (const [sessionId, message] of Object.entries(expected)) await says(sessionId, message)
      for (const [sessionId, message] of Object.entries(expected)) {
        expectEqual(await storage.loadMessages(sessionId), [message], `messages of ${JSON.stringify(sessionId)} with ${JSON.stringify(between)} between`)
      }
      await storage.deleteSessions(Object.keys(expected))
    }
    await says('s1', messageWith(1, { content: 'of s1' }))
    await says('s', messageWith(11, { content: 'of s' }))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1, { content: 'of s1' })], 'messages of "s1", where "s" has an eleventh')
    expectEqual(await storage.loadMessages('s'), [messageWith(11, { content: 'of s' })], 'messages of "s"')
  }),

  storageCase('project ids with every awkward character stay apart, also where one begins with another', async (storage) => {
    const projects = ['', ...awkward]
    for (const [index, projectId] of projects.entries()) await storage.commit(batchOf({ sessionId: `s${index}`, projectId }))
    for (const [index, projectId] of projects.entries()) {
      const what = `project ${JSON.stringify(projectId)}`
      expectEqual((await storage.lastSession(projectId))?.sessionId, `s${index}`, `lastSession of ${what}`)
      expectEqual((await storage.listSessions(projectId)).map((found) => found.sessionId), [`s${index}`], `listSessions of ${what}`)
    }
    expectEqual(await storage.lastSession('aaa'), undefined, 'lastSession of an unknown project')
  }),

  storageCase('message ids with every awkward character stay apart', async (storage) => {
    const messages = awkward.map((id, index) => messageWith(index + 1, { id }))
    await storage.commit(batchOf({}, messages))
    await storage.commit(batchOf({ lastSeqId: messages.length }, messages))
    expectEqual(await storage.loadMessages('s1'), messages, 'loadMessages')
    await storage.commit(batchOf({ lastSeqId: messages.length }, [], { remove: ['a', '%'] }))
    expectEqual(
      (await storage.loadMessages('s1')).map((message) => message.id),
      awkward.filter((id) => id !== 'a' && id !== '%'),
      'after two removals',
    )
  }),

  storageCase('a deleted session leaves nothing, and others are not touched', async (storage) => {
    for (const sessionId of ['s1', 's2', 's3']) {
      await storage.commit(batchOf({ sessionId }, messagesFrom(1, 3), { cursor: { epoch: 'e', seq: 3 } }))
    }
    await storage.deleteSessions(['s1', 'nobody', 's3', 's1'])
    await storage.deleteSessions([])
    for (const sessionId of ['s1', 's3']) {
      expectEqual(await storage.loadSession(sessionId), undefined, `the deleted session ${sessionId}`)
      expectEqual(await storage.loadMessages(sessionId), [], 'its messages')
      expectEqual(await storage.loadCursor?.(sessionId), undefined, 'its cursor')
    }
    expectEqual((await storage.listSessions()).map((found) => found.sessionId), ['s2'], 'listSessions')
    expectEqual((await storage.lastSession('p1'))?.sessionId, 's2', 'lastSession')
    expectEqual(await storage.loadMessages('s2'), messagesFrom(1, 3), 'the messages of the other session')
    if (storage.search) expectEqual((await storage.search('message')).length, 3, 'hits of a search')
    await storage.commit(batchOf({ sessionId: 's1' }, [messageWith(1)]))
    expectEqual(await storage.loadMessages('s1'), [messageWith(1)], 'a new session of the same id')
    expectEqual(await storage.loadCursor?.('s1'), undefined, 'the cursor of a new session of the same id')
  }),
]
