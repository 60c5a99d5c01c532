import { describe, expect, test } from 'vitest'
import { exportSession, readSessionFile } from '../src/transfer/index.ts'
import { must } from './must.ts'
import { createScene, project, restarted } from './scene.ts'

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

async function finished() {
  const scene = createScene()
  const session = await scene.start({ prompt: 'Do it', cwd: '/work', model: 'm' })
  const voice = scene.agent(session)
  voice.text('t', 'an answer with the SECRET')
  voice.call('c', 'Bash', { command: 'echo SECRET' })
  voice.result('c', 'SECRET', { isError: true })
  voice.message('thinking', { text: 'hm' }, 'h', { parentId: 'c' })
  voice.emit('retract', { ids: ['h'] })
  voice.text('u', 'the end')
  voice.cost({ costUsd: 0.25, inputTokens: 5, outputTokens: 6 })
  voice.status('done')
  await scene.store.flush()
  return { scene, session, lines: await collect(exportSession(scene.store, session.sessionId, { clock: scene.clock })) }
}

describe('export and import', () => {
  test('T11 a session that went out and came in elsewhere is the same, field by field', async () => {
    const { session, lines } = await finished()
    const elsewhere = createScene()
    const file = readSessionFile(lines)
    expect(file.problems).toEqual([])
    expect(await elsewhere.store.importSession(file)).toEqual({ ok: true, sessionId: session.sessionId })
    const imported = must(await elsewhere.store.openSession(session.sessionId))
    expect(imported.record).toEqual(session.record)
    expect(imported.messages).toEqual(session.messages)
  })

  test('B3 every field of a message goes out and comes in', async () => {
    const { lines } = await finished()
    const [, , first, , call, result] = lines
    expect(JSON.parse(must(first))).toMatchObject({ message: { seqId: 1, role: 'user', delivery: 'sent' } })
    expect(JSON.parse(must(call))).toMatchObject({ message: { role: 'tool-call', toolName: 'Bash', toolState: 'failed', toolCallId: 'c' } })
    expect(JSON.parse(must(result))).toMatchObject({ message: { role: 'tool-result', isError: true, toolCallId: 'c' } })
  })

  test('promise 1 what comes after an import is numbered after it, also where the last message was retracted', async () => {
    const { session, lines } = await finished()
    const elsewhere = createScene()
    await elsewhere.store.importSession(readSessionFile(lines))
    const imported = must(await elsewhere.store.openSession(session.sessionId))
    await imported.prompt('Go on')
    expect(imported.lastMessage?.seqId).toBe(session.lastSeqId + 1)
  })

  test('one whose id is taken gets another, and nothing of the first is touched', async () => {
    const { scene, session, lines } = await finished()
    const before = [...session.messages]
    const imported = await scene.store.importSession(readSessionFile(lines))
    expect(imported).toMatchObject({ ok: true })
    expect(imported.ok && imported.sessionId).not.toBe(session.sessionId)
    expect(session.messages).toEqual(before)
    expect(await scene.store.listSessions()).toHaveLength(2)
  })

  test('a session that was running when it went out comes in as interrupted', async () => {
    const scene = createScene()
    const session = await scene.start()
    const lines = await collect(exportSession(scene.store, session.sessionId))
    const elsewhere = createScene()
    await elsewhere.store.importSession(readSessionFile(lines))
    expect(must(await elsewhere.store.openSession(session.sessionId))).toMatchObject({ status: 'idle', endReason: 'interrupted' })
  })

  test('a long session goes out whole, though most of it is only in storage', async () => {
    const scene = createScene({ limits: { pageSize: 10 } })
    const session = await scene.start()
    for (let index = 2; index <= 1_200; index += 1) scene.agent(session).text(`m${index}`, `text ${index}`)
    scene.agent(session).status('done')
    await scene.store.flush()
    const after = await restarted(scene, { limits: { pageSize: 10 } })
    await after.store.restore(project)
    const { messages, problems } = readSessionFile(await collect(exportSession(after.store, session.sessionId)))
    expect(problems).toEqual([])
    expect(messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1))
  })

  test('redact takes secrets out of what goes out', async () => {
    const { scene, session } = await finished()
    const lines = await collect(exportSession(scene.store, session.sessionId, { redact: (text) => text.replaceAll('SECRET', '***') }))
    expect(lines.join('\n')).not.toContain('SECRET')
    expect(readSessionFile(lines).problems).toEqual([])
  })

  test('an unknown session is an error with a code', async () => {
    const { store } = createScene()
    await expect(collect(exportSession(store, 'nobody'))).rejects.toMatchObject({ code: 'session-not-found' })
  })
})

describe('a damaged file', () => {
  test('brings in what is whole, and names the rest by line', async () => {
    const { lines } = await finished()
    const damaged = [...lines]
    damaged[3] = must(damaged[3]).slice(0, 20)
    damaged[4] = must(damaged[4]).replace('"role":"tool-call"', '"role":"butler"')
    const { messages, problems } = readSessionFile(damaged)
    expect(problems.map(({ line }) => line)).toEqual([4, 5, lines.length])
    expect(problems[1]?.reason).toContain('role')
    expect(messages.map(({ seqId }) => seqId)).toEqual([1, 4, 6])
  })

  test('that was cut off says so', async () => {
    const { lines } = await finished()
    const { problems, messages } = readSessionFile(lines.slice(0, 4))
    expect(messages).toHaveLength(2)
    expect(problems).toEqual([{ line: 5, reason: 'the file ends before its last line' }])
  })

  test('with a line twice takes it once', async () => {
    const { lines } = await finished()
    const { messages, problems } = readSessionFile(lines.toSpliced(3, 0, must(lines[2])))
    expect(messages.filter(({ seqId }) => seqId === 1)).toHaveLength(1)
    expect(problems.map(({ line }) => line)).toContain(4)
  })

  test.each([[[]], [['{}']], [['{"format":"agent-session","version":99}']], [['{"format":"agent-session","version":1}', '{"message":{}}']]])(
    'without a session to be had is refused: %j',
    (lines) => {
      expect(() => readSessionFile(lines)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    },
  )
})
