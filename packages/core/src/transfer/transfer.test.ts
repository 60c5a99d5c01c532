import { describe, expect, test } from 'vitest'
import { createScene, project, type Scene } from '../../test/scene.ts'
import { must } from '../../test/must.ts'
import type { AgentSession } from '../index.ts'
import { exportSession, readSessionFile } from './index.ts'

async function talked(count = 3): Promise<{ scene: Scene; session: AgentSession }> {
  const scene = createScene()
  const session = await scene.start()
  const voice = scene.agent(session)
  voice.call('c', 'Bash', { command: 'ls' })
  voice.result('c', 'x\n'.repeat(600))
  for (let at = 0; at < count; at += 1) voice.text(`m${at}`, `${at}`, { parentId: 'c' })
  voice.cost({ costUsd: 1, inputTokens: 2, outputTokens: 3 })
  voice.status('done')
  return { scene, session }
}

async function linesOf(scene: Scene, sessionId: string, options = {}): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportSession(scene.store, sessionId, { clock: scene.clock, ...options })) lines.push(line)
  return lines
}

async function exported(count?: number) {
  const { scene, session } = await talked(count)
  return { scene, session, lines: await linesOf(scene, session.sessionId) }
}

describe('a session as a file', () => {
  test('is JSONL with a header, the record, each message and an end', async () => {
    const { scene, session, lines } = await exported()
    const values = lines.map((line) => JSON.parse(line))
    expect(lines.every((line) => !line.includes('\n'))).toBe(true)
    expect(values[0]).toEqual({ format: 'agent-session', version: 1, exportedAt: scene.clock.now() })
    expect(values[1]).toEqual({ session: session.record })
    expect(values.slice(2, -1)).toEqual(session.messages.map((message) => ({ message })))
    expect(values.at(-1)).toEqual({ end: { messages: session.messageCount } })
  })

  test('comes in as it went out', async () => {
    const { session, lines } = await exported()
    const file = readSessionFile(lines)
    expect(file).toEqual({ record: session.record, messages: session.messages, problems: [] })
    const other = createScene()
    const imported = await other.store.importSession(file)
    expect(imported).toEqual({ ok: true, sessionId: session.sessionId })
    expect(other.store.hasSession(project)).toBe(false)
    const opened = must(await other.store.openSession(session.sessionId))
    expect(opened.record).toEqual(session.record)
    expect(opened.messages).toEqual(session.messages)
  })

  test('of a long session is written page by page, whole', async () => {
    const { session, lines } = await exported(1_200)
    expect(readSessionFile(lines).messages).toEqual(session.messages)
  })

  test('of nobody is an error', async () => {
    const { store } = createScene()
    await expect(exportSession(store, 'nobody').next()).rejects.toMatchObject({ code: 'session-not-found' })
  })

  test('holds no secret that is redacted', async () => {
    const scene = createScene()
    const session = await scene.start({ prompt: 'my SECRET' })
    scene.agent(session).text('a', 'a SECRET')
    const lines = await linesOf(scene, session.sessionId, { redact: (text: string) => text.replaceAll('SECRET', '***') })
    expect(lines.join('\n')).not.toContain('SECRET')
    expect(lines.join('\n')).toContain('my ***')
  })

  test('whose id is taken gets a new one', async () => {
    const { scene, session, lines } = await exported()
    const imported = await scene.store.importSession(readSessionFile(lines))
    expect(imported.ok && imported.sessionId).not.toBe(session.sessionId)
    const opened = must(await scene.store.openSession(imported.ok ? imported.sessionId : ''))
    expect(opened.messages).toEqual(session.messages)
    expect(session.messageCount).toBe(opened.messageCount)
  })

  test('promise 13 of a session that was running comes in as interrupted, with nothing that goes on', async () => {
    const scene = createScene()
    const session = await scene.start()
    scene.agent(session).call('c')
    scene.agent(session).delta('m', 'half')
    scene.agent(session).ask('q')
    const file = readSessionFile(await linesOf(scene, session.sessionId))
    const other = createScene()
    await other.store.importSession(file)
    const opened = must(await other.store.openSession(session.sessionId))
    expect(opened.record).toMatchObject({ status: 'idle', endReason: 'interrupted', permissions: [{ state: 'expired' }] })
    expect(opened.findMessage('m')).toMatchObject({ cut: true })
    expect(opened.findMessage('m')).not.toHaveProperty('streaming')
    expect(opened.findMessage('c')?.toolState).toBe('cancelled')
  })

  test('promise 12 asks no agent for the run of a session that comes in', async () => {
    const scene = createScene()
    const session = await scene.start()
    const file = readSessionFile(await linesOf(scene, session.sessionId))
    const other = createScene({ capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await other.store.importSession(file)
    expect(other.transport.commands).toEqual([])
    expect((await other.store.openSession(session.sessionId))?.endReason).toBe('interrupted')
    expect(other.transport.commands).toEqual([])
  })

  test('that the storage refuses is a typed refusal', async () => {
    const { lines } = await exported()
    const other = createScene()
    other.storage.failNext(1)
    expect(await other.store.importSession(readSessionFile(lines))).toMatchObject({ ok: false, code: 'storage-failed' })
  })
})

describe('a damaged file', () => {
  const reasons = (lines: readonly string[]): [number, string][] => readSessionFile(lines).problems.map(({ line, reason }) => [line, reason])

  test('brings in what is whole and reports the rest', async () => {
    const { session, lines } = await exported()
    const damaged = [...lines]
    damaged[2] = '{"message": {"id": "c"'
    damaged[3] = JSON.stringify({ message: { ...session.messages[1], seqId: 'two' } })
    damaged.splice(5, 0, '', 'nonsense', '{"odd": 1}', must(lines[4]))
    const file = readSessionFile(damaged)
    expect(file.messages).toEqual(session.messages.slice(2))
    expect(file.problems.map(({ line }) => line)).toEqual([3, 4, 7, 8, 9, damaged.length])
  })

  test('that was cut off says so', async () => {
    const { lines } = await exported()
    expect(reasons(lines.slice(0, -1))).toEqual([[lines.length, expect.stringContaining('ends before')]])
    expect(reasons(lines.slice(0, -2))).toHaveLength(1)
  })

  test('that counts otherwise says so', async () => {
    const { lines } = await exported()
    expect(reasons([...lines.slice(0, 2), ...lines.slice(3)])).toHaveLength(1)
  })

  test('puts its messages in order', async () => {
    const { session, lines } = await exported()
    const [header, record, ...rest] = lines
    const messages = rest.slice(0, -1).toReversed()
    expect(readSessionFile([must(header), must(record), ...messages, must(lines.at(-1))]).messages).toEqual(session.messages)
  })

  test.each<[string, string[]]>([
    ['nothing', []],
    ['no header', ['{"session":{}}']],
    ['no JSON', ['hello']],
    ['another format', ['{"format":"other","version":1}']],
    ['no version', ['{"format":"agent-session"}']],
    ['a newer version', ['{"format":"agent-session","version":2}']],
    ['no record', ['{"format":"agent-session","version":1}', '{"end":{"messages":0}}']],
    ['a record that is none', ['{"format":"agent-session","version":1}', '{"session":{"sessionId":"a"}}']],
  ])('is refused where there is %s', (_, lines) => {
    expect(() => readSessionFile(lines)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  test.each(['sessionId', 'projectId', 'status', 'lastSeqId', 'permissions', 'queue', 'options', 'costUsd'])('is refused where its record has no %s', async (field) => {
    const { session, lines } = await exported()
    const record = Object.fromEntries(Object.entries(session.record).filter(([name]) => name !== field))
    expect(() => readSessionFile([must(lines[0]), JSON.stringify({ session: record })])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  test('T28 with an id that could be none is refused', async () => {
    const { session, lines } = await exported()
    expect(() => readSessionFile([must(lines[0]), JSON.stringify({ session: { ...session.record, sessionId: 'a\nb' } })])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
