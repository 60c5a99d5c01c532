import { describe, expect, test } from 'vitest'
import { createScene, project, restarted, texts } from './scene.ts'
import { must } from './must.ts'

const limits = { residentMessages: 20, pageSize: 5 }

/** A session of 60 messages, saved, whose first ones have left memory. */
async function long() {
  const scene = createScene({ limits })
  const session = await scene.start()
  const voice = scene.agent(session)
  for (let at = 2; at <= 60; at += 1) voice.text(`m${at}`, `${at}`)
  await scene.store.flush()
  voice.text('last', 'x')
  await scene.clock.settle()
  expect(session.findMessage('m3')).toBeUndefined()
  return { scene, session, voice }
}

describe('a message that was retracted', () => {
  test('promise 2 F16 stays so when it is told again, whole or in pieces', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    voice.text('a', 'one')
    voice.text('b', 'two')
    voice.emit('retract', { ids: ['a', 'a'] })
    voice.text('a', 'one')
    voice.delta('a', 'one', { offset: 0 })
    voice.emit('history', { messages: [{ id: 'a', type: 'text', content: { text: 'one' }, timestamp: 1 }], complete: false })
    voice.text('c', 'three')
    expect(texts(session)).toEqual(['Hello', 'two', 'three'])
    expect(session.messages.map(({ seqId }) => seqId)).toEqual([1, 3, 4])
    const before = scene.storage.commits.length
    await scene.store.flush()
    await scene.clock.settle()
    voice.emit('retract', { ids: ['a'] })
    await scene.clock.advance(5_000)
    expect(scene.storage.commits.length).toBe(before + 1)
    expect((await scene.disk.loadMessages(session.sessionId)).map(({ id }) => id)).not.toContain('a')
  })

  test('promise 2 stays so after it had left memory', async () => {
    const { scene, session, voice } = await long()
    voice.emit('retract', { ids: ['m3'] })
    voice.text('m3', '3')
    // Not yet gone from storage.
    await session.loadOlder(100)
    expect(session.messages.map(({ seqId }) => seqId).slice(0, 4)).toEqual([1, 2, 4, 5])
    await scene.store.flush()
    expect((await scene.store.loadMessages(session.sessionId)).filter(({ id }) => id === 'm3')).toEqual([])
  })

  test('promise 13 hides no older message while storage still has it', async () => {
    const { scene, session, voice } = await long()
    const first = must(session.messages[0]).seqId
    voice.emit('retract', { ids: [`m${first - 1}`, `m${first - 2}`] })
    expect(await session.loadOlder(3)).toBe(3)
    expect(session.messages.slice(0, 3).map(({ seqId }) => seqId)).toEqual([first - 5, first - 4, first - 3])
    expect(session.hasOlder).toBe(true)
    await session.loadOlder(first - 6)
    expect(session.messages[0]?.seqId).toBe(1)
    expect(session.hasOlder).toBe(false)
    await scene.store.flush()
  })

  test('promise 13 is gone from storage too where only the last page was read back', async () => {
    const { scene, session } = await long()
    await session.stop()
    await scene.store.flush()
    const after = await restarted(scene, { limits })
    await after.store.restore(project)
    const again = must(after.store.getSession(project))
    expect(again.messageCount).toBe(5)
    after.agent(again).emit('retract', { ids: ['m3'] })
    await after.store.flush()
    expect((await after.disk.loadMessages(again.sessionId)).map(({ id }) => id)).not.toContain('m3')
  })

  test('promise 14 is remembered among the last thousand', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    for (let at = 0; at <= 1_000; at += 1) {
      voice.text(`m${at}`, 'x')
      voice.emit('retract', { ids: [`m${at}`] })
    }
    voice.text('m1', 'x')
    expect(session.messageCount).toBe(1)
    voice.text('m0', 'x')
    expect(session.messageCount).toBe(2)
  })
})
