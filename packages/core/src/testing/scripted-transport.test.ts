import { getActiveResourcesInfo } from 'node:process'
import { describe, expect, test } from 'vitest'
import { createScene, project, rolesAndTexts } from '../../test/scene.ts'
import { must } from '../../test/must.ts'
import { createManualClock } from './manual-clock.ts'
import { createScriptedTransport, type ScriptedTurn } from './scripted-transport.ts'

async function played(script: (turn: ScriptedTurn) => Promise<void> | void, ms = 0) {
  const clock = createManualClock()
  const heard: { type: string }[] = []
  const transport = createScriptedTransport({ clock, script })
  const unsubscribe = transport.subscribe((event) => heard.push(event))
  await transport.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'x', prompt: 'Hello', messageId: 'm' })
  await clock.advance(ms)
  return { clock, heard, transport, unsubscribe, types: () => heard.map(({ type }) => type) }
}

describe('the scripted transport', () => {
  test('accepts every command and writes it down', async () => {
    const transport = createScriptedTransport()
    expect(await transport.stop({ sessionId: 's', run: 'r' })).toEqual({ ok: true })
    expect(await transport.respond?.({ sessionId: 's', requestId: 'q' })).toEqual({ ok: true })
    expect(await transport.configure?.({ sessionId: 's', mode: 'plan' })).toEqual({ ok: true })
    expect(await transport.attach?.({ sessionId: 's', session: { projectId: 'p', provider: 'x' } })).toEqual({ outcome: 'lost' })
    expect(transport.commands.map(({ type }) => type)).toEqual(['stop', 'respond', 'configure', 'attach'])
  })

  test('a script that returns ends the turn as done, one that throws as failed', async () => {
    expect((await played(() => {})).heard).toEqual([{ type: 'status', status: 'done', sessionId: 's', run: 'r' }])
    const failed = await played(() => {
      throw new Error('oh no')
    })
    expect(failed.heard).toEqual([{ type: 'status', status: 'error', error: 'oh no', sessionId: 's', run: 'r' }])
    const failing = await played((turn) => turn.fail('by itself'))
    expect(failing.heard).toEqual([{ type: 'status', status: 'error', error: 'by itself', sessionId: 's', run: 'r' }])
  })

  test('on the machine’s own clock a turn keeps the process while it waits, and no longer', async () => {
    const timers = (): number => getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const transport = createScriptedTransport({ script: (turn) => turn.wait(60_000) })
    await transport.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'x', prompt: 'Hello', messageId: 'm' })
    expect(timers()).toBe(before + 1)
    await transport.close?.()
    expect(timers()).toBe(before)
  })

  test('streams a text in pieces with offsets, at its pace', async () => {
    const { heard, clock } = await played((turn) => turn.stream('one two three', { pieceMs: 100 }), 0)
    expect(heard).toHaveLength(1)
    await clock.advance(1_000)
    expect(heard.filter(({ type }) => type === 'delta')).toMatchObject([{ text: 'one ', offset: 0 }, { text: 'two ', offset: 4 }, { text: 'three', offset: 8 }])
    expect(heard.map(({ type }) => type).slice(-2)).toEqual(['message-end', 'status'])
  })

  test('tells tools, questions, plans and costs', async () => {
    const { heard, transport, clock } = await played(async (turn) => {
      const tool = turn.tool('Bash', { command: 'ls' })
      const answer = await turn.ask('ok?', [{ id: 'y', label: 'Yes', kind: 'allow_once' }])
      tool.result(`said ${answer}`, { isError: true })
      turn.plan([{ content: 'x', status: 'pending' }])
      turn.cost({ inputTokens: 1, outputTokens: 2 })
    })
    const question = must(heard.find(({ type }) => type === 'permission'))
    expect(question).toMatchObject({ request: { title: 'ok?' } })
    const requestId = JSON.parse(JSON.stringify(question)).request.id
    await transport.respond?.({ sessionId: 's', requestId, optionId: 'y' })
    await clock.settle()
    expect(heard.map(({ type }) => type)).toEqual(['message', 'permission', 'message', 'plan', 'cost', 'status'])
    expect(heard[2]).toMatchObject({ messages: [{ type: 'tool_result', content: { output: 'said y', isError: true } }] })
  })

  test('a turn that is stopped says nothing more, whatever its script was doing', async () => {
    const { transport, clock, types } = await played(async (turn) => {
      await turn.wait(1_000)
      turn.message('text', { text: 'late' })
    })
    await transport.stop({ sessionId: 's', run: 'r' })
    await clock.advance(10_000)
    expect(types()).toEqual([])
    expect(clock.pending).toBe(0)
  })

  test('a question of a turn that is stopped is never answered', async () => {
    const { transport, clock, types } = await played(async (turn) => {
      await turn.ask('ok?', [])
      turn.message('text', { text: 'late' })
    })
    await transport.stop({ sessionId: 's', run: 'r' })
    await clock.settle()
    expect(types()).toEqual(['permission'])
  })

  test('a refusal keeps the script from playing', async () => {
    const clock = createManualClock()
    const transport = createScriptedTransport({ clock, script: () => expect.unreachable(), reply: () => ({ ok: false, error: 'no' }) })
    expect(await transport.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'x', prompt: 'x', messageId: 'm' })).toEqual({ ok: false, error: 'no' })
  })

  test('nobody hears it after they unsubscribed, nor after it was closed', async () => {
    const { heard, transport, unsubscribe } = await played(async (turn) => turn.wait(1_000))
    unsubscribe()
    transport.emit({ type: 'connection', state: 'connected' })
    expect(heard).toEqual([])
    const other: unknown[] = []
    transport.subscribe((event) => other.push(event))
    await transport.close?.()
    transport.emit({ type: 'connection', state: 'connected' })
    expect(other).toEqual([])
    expect(transport.closed).toBe(true)
  })

  test('plays a whole turn through a store', async () => {
    const scene = createScene({
      script: async (turn) => {
        turn.message('init', { model: 'opus' })
        await turn.stream('Hello there', { pieceMs: 10 })
        const tool = turn.tool('Read', { file_path: 'a.txt' })
        await turn.wait(100)
        tool.result('text of a')
        turn.cost({ costUsd: 0.1, inputTokens: 5, outputTokens: 7 })
      },
    })
    const session = await scene.start()
    await scene.clock.advance(1_000)
    expect(rolesAndTexts(session)).toEqual([
      ['user', 'Hello'],
      ['system', 'Session initialized (opus)'],
      ['assistant', 'Hello there'],
      ['tool-call', 'a.txt'],
      ['tool-result', 'text of a'],
    ])
    expect(session).toMatchObject({ status: 'done', endReason: 'completed', model: 'opus', costUsd: 0.1 })
    expect(scene.store.getSession(project)).toBe(session)
  })
})
