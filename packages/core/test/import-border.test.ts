import { describe, expect, test } from 'vitest'
import { exportSession, readSessionFile } from '../src/transfer/index.ts'
import { createScene } from './scene.ts'
import { must } from './must.ts'

async function exported(prepare: (voice: ReturnType<ReturnType<typeof createScene>['agent']>) => void = () => {}) {
  const scene = createScene()
  const session = await scene.start({ budget: { turns: 9 }, limits: { stallMs: 5_000 } })
  prepare(scene.agent(session))
  await session.stop()
  const lines: string[] = []
  for await (const line of exportSession(scene.store, session.sessionId)) lines.push(line)
  return { scene, session, lines }
}

describe('a session that comes from elsewhere', () => {
  test('comes in with parts of tokens, and with any timestamp, that an agent may have told', async () => {
    const { session, lines } = await exported((voice) => {
      voice.cost({ inputTokens: 1.5, outputTokens: 0.5 })
      voice.text('early', 'x', { timestamp: -5 })
    })
    expect(readSessionFile(lines)).toEqual({ record: session.record, messages: session.messages, problems: [] })
  })

  test.each(['{"turns":"9"}', 'null', '5'])('is refused with a budget that is none: %s', async (budget) => {
    const { lines } = await exported()
    const damaged = lines.with(1, must(lines[1]).replace('{"turns":9}', budget))
    expect(() => readSessionFile(damaged)).toThrow(expect.objectContaining({ code: 'invalid-argument', detail: expect.arrayContaining([{ line: 2, reason: "the session's budget is missing or of the wrong kind" }]) }))
  })

  test('has no key that reaches a prototype', async () => {
    const { lines } = await exported()
    const { record } = readSessionFile(lines.with(1, must(lines[1]).replace('"options":{}', '"options":{"__proto__":{"cwd":"/evil"},"constructor":1}')))
    expect(Object.keys(record.options)).toEqual([])
    expect(record.options.cwd).toBeUndefined()
  })

  test('T27 a message whose id came before is named and left out', async () => {
    const { lines } = await exported((voice) => voice.text('a', 'x'))
    const again = must(lines[3]).replace('"seqId":2', '"seqId":7')
    const { messages, problems } = readSessionFile(lines.toSpliced(4, 0, again))
    expect(messages.filter(({ id }) => id === 'a')).toHaveLength(1)
    expect(problems[0]).toEqual({ line: 5, reason: 'there is a message "a" already' })
  })

  test('B24 brings no environment for its agent', async () => {
    const { scene, session } = await exported()
    const record = { ...session.record, sessionId: 'imported', options: { cwd: '/w', extraEnv: { LD_PRELOAD: '/evil.so' } } }
    expect(await scene.store.importSession({ record, messages: session.messages })).toMatchObject({ ok: true })
    expect((await scene.disk.loadSession('imported'))?.options).toEqual({ cwd: '/w' })
    // Neither does one that somebody else wrote into the storage.
    await scene.disk.commit({ session: { ...record, sessionId: 'written' }, upsert: [], remove: [] })
    for (const id of ['imported', 'written']) await must(await scene.store.openSession(id)).prompt('go')
    expect(scene.commands('prompt').map((command) => command.session)).toMatchObject([{ cwd: '/w' }, { cwd: '/w' }])
    expect(JSON.stringify(scene.transport.commands)).not.toContain('LD_PRELOAD')
  })

  test('T28 is refused with an id that is none', async () => {
    const { scene, session } = await exported()
    for (const sessionId of ['', 'a\u0000b', 'x'.repeat(257)]) {
      const imported = await scene.store.importSession({ record: { ...session.record, sessionId }, messages: [] })
      expect(imported).toMatchObject({ ok: false, code: 'invalid-argument' })
    }
  })

  test('T27 promise 1 has each message once and in order, and its counter after the highest', async () => {
    const { scene, session } = await exported()
    const first = must(session.messages[0])
    const record = { ...session.record, sessionId: 'shuffled', lastSeqId: 1 }
    const messages = [{ ...first, id: 'late', seqId: 9 }, first, { ...first, seqId: 3 }, { ...first, id: 'same', seqId: 9 }]
    await scene.store.importSession({ record, messages })
    const opened = must(await scene.store.openSession('shuffled'))
    expect(opened.messages.map(({ id, seqId }) => [id, seqId])).toEqual([[first.id, 1], ['late', 9], ['same', 10]])
    await opened.prompt('next')
    expect(opened.lastMessage?.seqId).toBe(11)
  })
})
