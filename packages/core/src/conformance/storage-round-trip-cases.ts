import type { CommitBatch, MessageRecord } from '../ports/session-storage.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { expectEqual, expectTrue } from './expectations.ts'
import { batchOf, fullMessage, fullSession, messageWith, sessionWith } from './sample-records.ts'
import { storageCase, type StorageCase } from './storage-case.ts'

/** What is given comes back the same, field by field, and belongs to nobody but its reader. */
export const roundTripCases: readonly StorageCase[] = [
  storageCase('a fresh database holds nothing', async (storage) => {
    expectEqual(await storage.lastSession('p1'), undefined, 'lastSession')
    expectEqual(await storage.loadSession('s1'), undefined, 'loadSession')
    expectEqual(await storage.loadMessages('s1'), [], 'loadMessages')
    expectEqual(await storage.listSessions(), [], 'listSessions of all')
    expectEqual(await storage.listSessions('p1'), [], 'listSessions of a project')
    expectEqual(await storage.loadCursor?.('s1'), undefined, 'loadCursor')
    expectEqual((await storage.search?.('message')) ?? [], [], 'search')
  }),

  storageCase('a session with every optional field comes back equal', async (storage) => {
    for (const session of [{ ...fullSession, asked: null }, fullSession]) {
      await storage.commit({ session, upsert: [], remove: [] })
      expectEqual(await storage.loadSession(session.sessionId), session, 'loadSession')
      expectEqual(await storage.lastSession(session.projectId), session, 'lastSession')
    }
  }),

  storageCase('a session without optional fields comes back equal', async (storage) => {
    await storage.commit(batchOf({}))
    expectEqual(await storage.loadSession('s1'), sessionWith(), 'loadSession')
  }),

  storageCase('an optional field of a session that goes away is gone', async (storage) => {
    await storage.commit({ session: fullSession, upsert: [], remove: [] })
    const { error, title, pinned, run, ...rest } = fullSession
    await storage.commit({ session: rest, upsert: [], remove: [] })
    expectEqual(await storage.loadSession(fullSession.sessionId), rest, 'loadSession')
  }),

  storageCase('a session replaces the stored one in every field', async (storage) => {
    const { sessionId } = fullSession
    const bare = sessionWith({ sessionId, provider: 'other', createdAt: 1_600_000_000_000, updatedAt: 1_800_000_000_000, lastSeqId: 43 })
    for (const session of [fullSession, bare, fullSession]) {
      await storage.commit({ session, upsert: [], remove: [] })
      expectEqual(await storage.loadSession(sessionId), session, 'loadSession')
    }
  }),

  storageCase('a field of a session that a later version adds is kept', async (storage) => {
    const session = { ...sessionWith(), laterField: { list: [1, 'two'], none: null } }
    await storage.commit({ session, upsert: [], remove: [] })
    expectEqual(await storage.loadSession('s1'), session, 'loadSession')
  }),

  storageCase('a message with every optional field comes back equal', async (storage) => {
    await storage.commit(batchOf({}, [fullMessage]))
    expectEqual(await storage.loadMessages('s1'), [fullMessage], 'loadMessages')
  }),

  storageCase('a message without optional fields comes back equal, in every role', async (storage) => {
    const roles: readonly MessageRecord['role'][] = ['user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system']
    const messages = roles.map((role, index) => messageWith(index + 1, { role, content: '' }))
    await storage.commit(batchOf({}, messages))
    expectEqual(await storage.loadMessages('s1'), messages, 'loadMessages')
  }),

  storageCase('each optional field of a message comes back alone, and is gone when it goes away', async (storage) => {
    const optional: readonly Partial<MessageRecord>[] = [
      { prompt: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }] },
      { toolName: '' },
      { toolInput: 'null' },
      { toolPath: '0' },
      { toolCallId: 'c' },
      { toolState: 'running' },
      { parentId: 'c' },
      { delivery: 'queued' },
      { streaming: true },
      { cut: true },
      { isError: true },
      { truncated: { characters: 0, lines: 1 } },
      { run: 'r' },
    ]
    const messages = optional.map((fields, index) => messageWith(index + 1, fields))
    await storage.commit(batchOf({}, messages))
    expectEqual(await storage.loadMessages('s1'), messages, 'with the fields')
    const bare = optional.map((_, index) => messageWith(index + 1))
    await storage.commit(batchOf({}, bare))
    expectEqual(await storage.loadMessages('s1'), bare, 'without them')
  }),

  storageCase('text that ends in the middle of a character survives', async (storage) => {
    // A delta may be cut between the halves of a pair; the other half comes with the next one.
    const [half, otherHalf] = ['🦉'.slice(0, 1), '🦉'.slice(1)]
    const messages = [
      messageWith(1, { content: `an owl: ${half}`, toolInput: `{"of":"${half}"}`, toolPath: `/${half}` }),
      messageWith(2, { content: `${otherHalf} it was` }),
    ]
    const session = sessionWith({ title: `of an ${half}`, error: `${otherHalf}?`, permissions: [question({ owl: half })], lastSeqId: 2 })
    await storage.commit({ session, upsert: messages, remove: [] })
    expectEqual(await storage.loadMessages('s1'), messages, 'loadMessages')
    expectEqual(await storage.loadSession('s1'), session, 'loadSession')
  }),

  storageCase('text that looks like something else stays that text', async (storage) => {
    const texts = ['123', '-0', '1e3', 'true', 'null', '{"a":1}', '[]', '"', '2026-01-01T00:00:00.000Z', '\ufeffa mark', 'e\u0301 \u00e9', 'a\r\nb\rc', ' around ', '\u0000', '%00', '&amp;', "''"]
    const messages = texts.map((text, index) => messageWith(index + 1, { content: text, toolInput: text, toolName: text }))
    const session = sessionWith({ title: texts[0] ?? '', model: texts[8] ?? '', error: texts[9] ?? '', permissions: [question(texts)], lastSeqId: texts.length })
    await storage.commit({ session, upsert: messages, remove: [] })
    expectEqual(await storage.loadMessages('s1'), messages, 'loadMessages')
    expectEqual(await storage.loadSession('s1'), session, 'loadSession')
  }),

  storageCase('data of many levels comes back whole', async (storage) => {
    let input: unknown = 'the innermost'
    for (let level = 0; level < 200; level += 1) input = level % 2 === 0 ? { level, input } : [level, input]
    const permissions = [question(input)]
    await storage.commit(batchOf({ permissions }))
    expectEqual((await storage.loadSession('s1'))?.permissions, permissions, 'the permissions')
  }),

  storageCase('what was given may be changed afterwards', async (storage) => {
    const tool: { command: string } = { command: 'ls' }
    const message: { -readonly [F in keyof MessageRecord]: MessageRecord[F] } = messageWith(1, { truncated: { characters: 9, lines: 1 } })
    const upsert = [message]
    const cursor = { epoch: 'e', seq: 1 }
    const session: { -readonly [F in keyof SessionRecord]: SessionRecord[F] } = sessionWith({ permissions: [question(tool)], title: 'as it was', lastSeqId: 1 })
    const given = JSON.stringify([session, message, cursor])
    await storage.commit({ session, upsert, remove: [], cursor })
    expectEqual(JSON.stringify([session, message, cursor]), given, 'what was given, after the commit')
    tool.command = 'rm'
    session.title = 'changed'
    message.content = 'changed'
    if (message.truncated) Object.assign(message.truncated, { characters: 1 })
    upsert.length = 0
    cursor.seq = 99
    expectEqual(await storage.loadMessages('s1'), [messageWith(1, { truncated: { characters: 9, lines: 1 } })], 'loadMessages')
    expectEqual(await storage.loadSession('s1'), sessionWith({ permissions: [question({ command: 'ls' })], title: 'as it was', lastSeqId: 1 }), 'loadSession')
    if (storage.loadCursor) expectEqual(await storage.loadCursor('s1'), { epoch: 'e', seq: 1 }, 'the cursor')
  }),

  storageCase('what was got may be changed', async (storage) => {
    // A copy, so that a storage that gives back what it was given cannot spoil what it is compared with.
    const batch: CommitBatch = JSON.parse(JSON.stringify({ session: fullSession, upsert: [fullMessage], remove: [], cursor: { epoch: 'e', seq: 1 } }))
    const { sessionId } = fullSession
    await storage.commit(batch)
    const summaries = await storage.listSessions()
    const listed = JSON.stringify(summaries)
    overwrite(await storage.loadSession(sessionId))
    overwrite(await storage.lastSession(fullSession.projectId))
    overwrite(await storage.loadMessages(sessionId))
    overwrite(summaries)
    overwrite(await storage.loadCursor?.(sessionId))
    overwrite(await storage.search?.('line'))
    expectEqual(await storage.listSessions(), JSON.parse(listed), 'listSessions')
    if (storage.search) expectEqual((await storage.search('line'))[0]?.message, fullMessage, 'the message that a search finds')
    expectEqual(await storage.loadSession(sessionId), fullSession, 'loadSession')
    expectEqual(await storage.lastSession(fullSession.projectId), fullSession, 'lastSession')
    expectEqual(await storage.loadMessages(sessionId), [fullMessage], 'loadMessages')
    if (storage.loadCursor) expectEqual(await storage.loadCursor(sessionId), { epoch: 'e', seq: 1 }, 'the cursor')
  }),

  storageCase('a key named like a prototype does not become one', async (storage) => {
    const input: unknown = JSON.parse('{"a":1,"__proto__":{"polluted":true},"deep":{"constructor":{"prototype":{"polluted":true}}}}')
    await storage.commit(batchOf({ permissions: [question(input)] }))
    const loaded = (await storage.loadSession('s1'))?.permissions[0]?.input
    expectTrue(typeof loaded === 'object' && loaded !== null && Reflect.get(loaded, 'a') === 1, 'the other keys of the input are lost')
    expectTrue(isPlain(loaded), 'the input of the permission has a prototype that came from its data')
    expectTrue(!('polluted' in {}), 'the prototype of all objects was changed')
  }),
]

const question = (input: unknown): SessionRecord['permissions'][number] => ({ id: 'q', title: 'May I?', state: 'pending', input, options: [], askedAt: 1 })

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && [null, Object.prototype].includes(Object.getPrototypeOf(value)) && !('polluted' in value)

/** Writes over everything in reach. */
function overwrite(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    overwrite(Reflect.get(value, key))
    Reflect.set(value, key, 'overwritten')
  }
  if (Array.isArray(value)) value.length = 0
}
