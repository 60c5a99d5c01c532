import { describe, expect, test } from 'vitest'
import { createScene, project } from './scene.ts'

const limits = { residentMessages: 100, pageSize: 20 }

/** A session of 500 messages, all of them saved. */
async function long() {
  const scene = createScene({ limits })
  const session = await scene.start()
  const voice = scene.agent(session)
  for (let index = 2; index <= 500; index += 1) {
    voice.text(`m${index}`, `text ${index}`)
    if (index % 50 === 0) {
      await scene.store.flush()
      await scene.clock.settle()
    }
  }
  voice.text('last', 'text 501')
  await scene.store.flush()
  await scene.clock.settle()
  return { scene, session, voice }
}

const seqIds = (messages: readonly { seqId: number }[]) => messages.map(({ seqId }) => seqId)

describe('promise 14 resident messages', () => {
  test('stay within their limit while a session grows, and the rest can be had', async () => {
    const { session } = await long()
    expect(session.messageCount).toBeGreaterThanOrEqual(100)
    expect(session.messageCount).toBeLessThan(200)
    expect(session.hasOlder).toBe(true)
    expect(session.lastMessage).toMatchObject({ seqId: 501 })
    const first = session.messages[0]?.seqId ?? 0
    expect(await session.loadOlder(1_000)).toBe(first - 1)
    expect(seqIds(session.messages)).toEqual(Array.from({ length: 501 }, (_, index) => index + 1))
    expect(session.hasOlder).toBe(false)
  })

  test('never leave memory before they are saved', async () => {
    const scene = createScene({ limits })
    const session = await scene.start()
    scene.storage.failNext(Number.POSITIVE_INFINITY)
    await scene.clock.settle()
    for (let index = 2; index <= 500; index += 1) scene.agent(session).text(`m${index}`, 'x')
    await scene.clock.advance(60_000)
    expect(session.messageCount).toBeGreaterThan(490)
    expect(session.messages.at(-1)?.seqId).toBe(500)
  })

  test('leave memory behind a tool that still runs and a text that still streams, which stay at hand', async () => {
    const scene = createScene({ limits })
    const session = await scene.start()
    const voice = scene.agent(session)
    voice.call('task', 'Task', { description: 'all day long' })
    voice.delta('slow', 'One')
    for (let index = 0; index < 500; index += 1) {
      voice.text(`m${index}`, 'x')
      if (index % 50 === 0) await scene.clock.advance(1_000)
    }
    await scene.clock.advance(1_000)
    voice.text('last', 'x')
    await scene.clock.settle()
    expect(session.messageCount).toBeLessThan(200)
    expect(session.findMessage('slow')).toMatchObject({ seqId: 3, content: 'One' })
    const heard: unknown[] = []
    session.subscribeMessage('slow', (message) => heard.push(message?.content))
    voice.delta('slow', ' two')
    await scene.clock.settle()
    expect(heard).toEqual(['One two'])
    // Newer in memory than in storage.
    expect((await scene.store.loadMessages(session.sessionId, { before: 4 })).map(({ content }) => content)).toContain('One two')
    voice.result('task', 'done')
    voice.emit('message-end', { id: 'slow' })
    await scene.store.flush()
    voice.text('more', 'x')
    await scene.clock.settle()
    expect(session.findMessage('slow')).toBeUndefined()
    await session.loadOlder(1_000)
    expect(session.messages.map(({ seqId }) => seqId)).toEqual(Array.from({ length: session.lastSeqId }, (_, index) => index + 1))
    expect(session.messages[1]).toMatchObject({ toolName: 'Task', toolState: 'done' })
    expect(session.findMessage('slow')).toMatchObject({ content: 'One two' })
    expect(session.findMessage('slow')).not.toHaveProperty('streaming')
  })

  test('that were paged in stay until they are released', async () => {
    const { scene, session, voice } = await long()
    await session.loadOlder(200)
    const count = session.messageCount
    voice.text('more', 'x')
    await scene.store.flush()
    await scene.clock.settle()
    expect(session.messageCount).toBe(count + 1)
    session.releaseOlder()
    voice.text('more still', 'x')
    await scene.clock.settle()
    expect(session.messageCount).toBeLessThan(count)
  })

  test('promise 2 one that has left memory and is told again is not taken for new', async () => {
    const { scene, session, voice } = await long()
    const { lastSeqId } = session
    voice.text('m2', 'text 2')
    voice.delta('m3', 'again')
    await scene.clock.settle()
    expect(session.lastSeqId).toBe(lastSeqId)
  })

  test('letting go is no change of the session: nothing is saved and no revision is told for it', async () => {
    const { scene, session } = await long()
    const { length } = scene.storage.commits
    const changes = scene.heard.changes.length
    await session.loadOlder(100)
    session.releaseOlder()
    await scene.clock.advance(60_000)
    expect(scene.storage.commits.slice(length).flatMap(({ upsert }) => upsert)).toEqual([])
    expect(scene.heard.changes.slice(changes).flatMap((change) => change.changes).filter(({ type }) => type !== 'session-updated')).toEqual([])
  })

  test('their readers are told when the list gets shorter', async () => {
    const scene = createScene({ limits })
    const session = await scene.start()
    const voice = scene.agent(session)
    for (let index = 2; index <= 300; index += 1) voice.text(`m${index}`, 'x')
    await scene.store.flush()
    await scene.clock.settle()
    const noticed: boolean[] = []
    session.subscribe(({ fields }) => noticed.push(fields.has('messageList')))
    voice.delta('m300-more', 'x')
    await scene.clock.settle()
    expect(noticed).toContain(true)
    expect(session.messageIds).toEqual(session.messages.map(({ id }) => id))
  })

  test('a retraction of one that is only in storage is carried out there', async () => {
    const { scene, session, voice } = await long()
    voice.emit('retract', { ids: ['m2'] })
    await scene.store.flush()
    expect(seqIds(await scene.store.loadMessages(session.sessionId, { before: 5 }))).toEqual([1, 3, 4])
  })

  test('ranges are read without bringing them into memory', async () => {
    const { scene, session } = await long()
    const { messageCount } = session
    expect(seqIds(await scene.store.loadMessages(session.sessionId, { after: 10, before: 15 }))).toEqual([11, 12, 13, 14])
    expect(seqIds(await scene.store.loadMessages(session.sessionId, { limit: 3 }))).toEqual([499, 500, 501])
    expect(seqIds(await scene.store.loadMessages(session.sessionId, { before: 400, limit: 120 }))).toEqual(Array.from({ length: 120 }, (_, index) => index + 280))
    expect(session.messageCount).toBe(messageCount)
    expect(await scene.store.listSessions(project)).toHaveLength(1)
  })
})
