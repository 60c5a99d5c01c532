import { describe, expect, test } from 'vitest'
import { createScene, neverAnswer, project, restarted, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

describe('promise 13 a tool call', () => {
  test.each([
    [{}, 'done'],
    [{ isError: true }, 'failed'],
  ])('whose result came first is not shown as running: %j', async (fields, toolState) => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    voice.message('tool_result', { output: 'out', toolCallId: 'c', ...fields }, 'r')
    voice.call('c')
    expect(session.findMessage('c')?.toolState).toBe(toolState)
    // In one event too.
    voice.messages(
      { id: 'r2', type: 'tool_result', content: { output: 'out', toolCallId: 'c2', ...fields }, timestamp: 1 },
      { id: 'c2', type: 'tool_call', content: { name: 'Read', input: {}, toolCallId: 'c2' }, timestamp: 1 },
    )
    expect(session.findMessage('c2')?.toolState).toBe(toolState)
    voice.call('c3')
    expect(session.findMessage('c3')?.toolState).toBe('running')
  })

  test('whose output streamed is done when that is whole, and failed where the whole message says so', async () => {
    const scene = createScene()
    const session = await scene.start()
    const voice = scene.agent(session)
    for (const [call, cut] of [['a', undefined], ['b', true], ['c', undefined]] as const) {
      voice.call(call)
      voice.delta(`${call}-result`, 'out', { kind: 'tool_result', toolCallId: call })
      expect(session.findMessage(call)?.toolState).toBe('running')
      voice.end(`${call}-result`, cut)
    }
    expect(['a', 'b', 'c'].map((id) => session.findMessage(id)?.toolState)).toEqual(['done', 'running', 'done'])
    voice.result('c', 'it broke', { isError: true })
    voice.message('tool_result', { output: 'it broke', toolCallId: 'c', isError: true }, 'c-result')
    expect(session.findMessage('c')?.toolState).toBe('failed')
  })

  test('B15 whose output streamed in many lines shows the first of them, and how many there were', async () => {
    const scene = createScene({ limits: { toolOutputLines: 3 } })
    const session = await scene.start()
    const voice = scene.agent(session)
    for (const id of ['whole', 'stopped']) voice.delta(id, 'a\nb\nc\nd\ne', { kind: 'tool_result' })
    voice.end('whole')
    await session.stop()
    for (const id of ['whole', 'stopped']) {
      expect(session.findMessage(id)).toMatchObject({ content: 'a\nb\nc\n... (2 more lines)', truncated: { lines: 5, characters: 9 } })
    }
  })
})

test('F28 B15 a streamed output says at its end how long it became, and keeps head and tail', async () => {
  const scene = createScene({ limits: { toolOutputCharacters: 100 } })
  const session = await scene.start()
  const voice = scene.agent(session)
  for (let at = 0; at < 45; at += 1) voice.delta('r', `${at % 10}`.repeat(10), { kind: 'tool_result', offset: at * 10 })
  voice.end('r')
  const { content, truncated } = must(session.findMessage('r'))
  expect(truncated).toEqual({ characters: 450, lines: 1 })
  const [head, tail] = content.split('\n... (450 characters in all, the middle is left out) ...\n')
  expect(head).toBe('0123456789'.slice(0, 5).replaceAll(/./g, (digit) => digit.repeat(10)))
  expect(tail).toBe('01234'.replaceAll(/./g, (digit) => digit.repeat(10)))
})

test('promise 4 the end of a run is saved with the cursor that covers it', async () => {
  const scene = createScene()
  const session = await scene.start()
  const voice = scene.agent(session)
  voice.numbered({ epoch: 'e', seq: 1 }).text('a', 'x')
  voice.numbered({ epoch: 'e', seq: 2 }).status('done')
  await scene.clock.settle()
  expect(scene.storage.commits.at(-1)).toMatchObject({ session: { status: 'done' }, cursor: { epoch: 'e', seq: 2 } })
  expect(session.saved).toBe('saved')
})

describe('promise 13 T12 after the app died', () => {
  test('nothing that is read back page by page streams or runs', async () => {
    const scene = createScene()
    const before = await scene.start()
    const voice = scene.agent(before)
    voice.call('c')
    voice.delta('s', 'half')
    for (let at = 0; at < 30; at += 1) voice.text(`m${at}`, 'x')
    await scene.store.flush()
    const after = await restarted(scene, { limits: { pageSize: 5 } })
    const readOnly = await after.store.loadMessages(before.sessionId)
    expect(readOnly.filter(({ streaming, toolState }) => streaming || toolState === 'running')).toEqual([])
    await after.store.restore(project)
    const session = must(after.store.getSession(project))
    await session.loadOlder(100)
    expect(session.findMessage('c')?.toolState).toBe('cancelled')
    expect(session.findMessage('s')).toMatchObject({ content: 'half', cut: true })
    expect(session.findMessage('s')).not.toHaveProperty('streaming')
    expect(after.store.sessionHealth(session.sessionId)).not.toHaveProperty('activeTool')
  })

  test('what goes on where the run was found again is shown so', async () => {
    const scene = createScene()
    scene.agent(await scene.start()).call('c')
    for (let at = 0; at < 30; at += 1) scene.agent(must(scene.store.getSession(project))).text(`m${at}`, 'x')
    await scene.store.flush()
    const after = await restarted(scene, { limits: { pageSize: 5 }, capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) })
    await after.store.restore(project)
    const session = must(after.store.getSession(project))
    await session.loadOlder(100)
    expect(session.findMessage('c')?.toolState).toBe('running')
  })

  test.each<[string, SceneOptions, string]>([
    ['failed where its run is lost', {}, 'failed'],
    ['sent where its run is found', { capabilities: { attach: true }, attach: () => ({ outcome: 'live' }) }, 'sent'],
  ])('a prompt that was being sent is %s', async (_name, options, delivery) => {
    const scene = createScene(neverAnswer('start'))
    void scene.store.start(project, { provider: 'claude', prompt: 'x' })
    await scene.clock.settle()
    await scene.store.flush()
    const after = await restarted(scene, options)
    await after.store.restore(project)
    expect(must(after.store.getSession(project)).messages[0]?.delivery).toBe(delivery)
  })
})

test('promise 13 a run that ends before its prompt was accepted had its prompt', async () => {
  const scene = createScene(neverAnswer('start'))
  void scene.store.start(project, { provider: 'claude', prompt: 'x' })
  await scene.clock.settle()
  const session = must(scene.store.getSession(project))
  expect(session.messages[0]).toMatchObject({ delivery: 'sending' })
  scene.agent(session).status('done')
  expect(session.messages[0]).toMatchObject({ delivery: 'sent' })
  await scene.clock.settle()
})

test('T12 a mode or model that was changed is that of a resume, after a restart too', async () => {
  const capabilities = { configure: true }
  const scene = createScene({ capabilities })
  const session = await scene.start({ model: 'old', cwd: '/w' })
  expect(await session.configure({ model: 'new' })).toEqual({ ok: true })
  expect(session.options).toEqual({ model: 'new', cwd: '/w' })
  expect(await session.configure({ mode: 'plan' })).toEqual({ ok: true })
  await session.stop()
  await scene.store.flush()
  const after = await restarted(scene, { capabilities })
  await after.store.restore(project)
  await must(after.store.getSession(project)).prompt('go on')
  expect(after.commands('prompt')[0]?.session).toMatchObject({ model: 'new', permissionMode: 'plan', cwd: '/w' })
})
