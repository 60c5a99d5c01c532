import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryStorage, type AgentSession, type Reply } from '../src/index.ts'
import { mirrorOf } from './mirror.ts'
import { createScene, type Scene } from './scene.ts'
import { must } from './must.ts'

/*
 * Commands and events in any order, answered well, badly, late or never, over a storage that fails now and then. What must
 * hold holds after each step; what must come to an end has come to it at the end.
 */

const projects = ['a', '__proto__']
const ids = ['m1', 'm2', 'c1', 'c2']

interface Step {
  readonly does: (typeof steps)[number]
  /** Choices within the step, each taken modulo what there is. */
  readonly of: number
  readonly or: number
}

const commands = ['start', 'start', 'prompt', 'prompt', 'stop', 'withdraw', 'respond', 'retry', 'purge', 'clear', 'select', 'restore', 'loadOlder', 'configure'] as const
const events = ['status', 'delta', 'delta', 'message', 'message', 'retract', 'end', 'ask', 'settled', 'cost', 'history'] as const
const surroundings = ['time', 'time', 'answers', 'settle', 'failing'] as const
const steps = [...commands, ...events, ...surroundings] as const

const step: fc.Arbitrary<Step> = fc.record({ does: fc.constantFrom(...steps), of: fc.nat(1_000), or: fc.nat(1_000) })
const answers = fc.infiniteStream(fc.constantFrom('yes', 'yes', 'yes', 'no', 'throws', 'late', 'late', 'never'))

const choose = <Item>(list: readonly Item[], at: number): Item => must(list[at % list.length])

function orderOf(scene: Scene, settle: () => void) {
  const { store, clock, transport } = scene
  /** All that were ever shown. */
  const seen = new Set<AgentSession>()
  const running: Promise<unknown>[] = []
  const look = (): void => {
    for (const project of projects) {
      const session = store.getSession(project)
      if (session) seen.add(session)
    }
  }
  const here = (): AgentSession[] => [...seen].filter((session) => store.findSession(session.sessionId) === session)

  async function take({ does, of, or }: Step): Promise<void> {
    look()
    const project = choose(projects, or)
    const session = seen.size > 0 ? choose([...seen], of) : undefined
    if (does === 'start') return void running.push(store.start(project, { provider: 'x', prompt: 'Hello', ifRunning: choose(['refuse', 'stop', 'background'] as const, of) }))
    if (does === 'clear') return void running.push(store.clear(project))
    if (does === 'restore') return void running.push(store.restore(project))
    if (does === 'time') return clock.advance(choose([1, 2_000, 15_000, 60_000, 130_000], of))
    if (does === 'settle') return clock.settle()
    if (does === 'answers') return settle()
    if (does === 'failing') return scene.storage.failNext(1)
    if (session === undefined) return
    const tell = (event: object): void => {
      const run = choose([{ run: session.run }, { run: session.run }, { run: 'another' }, {}], or)
      transport.emit({ sessionId: session.sessionId, ...run, ...event })
    }
    const id = choose([...ids, `n${of}`], or)
    switch (does) {
      case 'prompt':
        return void running.push(session.prompt('More'))
      case 'stop':
        return void running.push(session.stop())
      case 'withdraw':
        return void running.push(session.withdraw(session.queue[0]?.messageId ?? 'none'))
      case 'respond':
        return void running.push(session.respond(session.permissions.at(-1)?.id ?? 'none', or % 2 ? { optionId: 'allow' } : {}))
      case 'retry':
        return void running.push(session.retry(session.messages.find(({ delivery }) => delivery === 'failed')?.id ?? 'none'))
      case 'purge':
        return or % 4 ? undefined : void running.push(store.purge(session.sessionId))
      case 'select':
        return void running.push(store.select(session.projectId, session.sessionId))
      case 'configure':
        return void running.push(session.configure({ model: `m${or}` }))
      case 'loadOlder':
        return void running.push(session.loadOlder(3))
      case 'status':
        return tell({ type: 'status', status: choose(['running', 'idle', 'done', 'error', 'odd'], of) })
      case 'delta':
        return tell({ type: 'delta', id, kind: choose(['text', 'thinking', 'tool_result'], of), text: 'xy\n', ...(of % 2 && { offset: (of % 4) * 3 }) })
      case 'message': {
        const content = { text: 't', name: 'Bash', input: {}, output: 'o', toolCallId: choose(ids, of) }
        return tell({ type: 'message', messages: [{ id, type: choose(['text', 'tool_call', 'tool_result', 'user', 'error'], of), content, timestamp: of }] })
      }
      case 'retract':
        return tell({ type: 'retract', ids: [id] })
      case 'end':
        return tell({ type: 'message-end', id, cut: of % 3 === 0 })
      case 'ask':
        return tell({ type: 'permission', request: { id, title: 'May I?', options: [{ id: 'allow', label: 'Allow', kind: 'allow_once' }] } })
      case 'settled':
        return tell({ type: 'permission-settled', requestId: id, outcome: choose(['selected', 'cancelled', 'expired'], of) })
      case 'cost':
        return tell({ type: 'cost', inputTokens: of, scope: choose(['session', 'run', 'turn'], or) })
      case 'history':
        return tell({ type: 'history', complete: true, messages: [{ id, type: 'text', content: { text: 't' }, timestamp: 1 }] })
    }
  }

  function check(): void {
    for (const session of here()) {
      const seqIds = session.messages.map(({ seqId }) => seqId)
      expect(seqIds).toEqual([...new Set(seqIds)].sort((a, b) => a - b))
      expect(new Set(session.messageIds).size).toBe(session.messageCount)
      expect(seqIds.at(-1) ?? 0).toBeLessThanOrEqual(session.lastSeqId)
      if (session.live) continue
      expect(session.status).not.toBe('running')
      expect(session.stall).toBeUndefined()
      expect(session.messages.filter(({ streaming, toolState }) => streaming || toolState === 'running')).toEqual([])
      expect(session.permissions.filter(({ state }) => state === 'pending' || state === 'answering')).toEqual([])
    }
    for (const project of projects) {
      expect(here().filter(({ projectId, current }) => projectId === project && current).length).toBeLessThanOrEqual(1)
    }
  }

  return { take, check, here, running }
}

test('promise 1 2 4 6 8 9 13 T9 hold in any order of commands and events, with any answers', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 160, size: 'max' }), answers, fc.boolean(), async (order, kinds, steer) => {
      const late: (() => void)[] = []
      const settle = (): void => {
        for (const answer of late.splice(0)) answer()
      }
      const reply = (): Promise<Reply> | Reply => {
        const kind = kinds.next().value
        if (kind === 'throws') throw new Error('The transport threw.')
        if (kind === 'never') return new Promise(() => {})
        if (kind === 'late') return new Promise((resolve) => late.push(() => resolve({ ok: true })))
        return kind === 'yes' ? { ok: true } : { ok: false, error: 'no' }
      }
      const disk = createMemoryStorage()
      const limits = { residentMessages: 8, pageSize: 4, queuedPrompts: 2 }
      const scene = createScene({ disk, reply, limits, capabilities: { steer, configure: true }, retention: { count: 2 } })
      const { store, clock } = scene
      const mirror = mirrorOf(scene)
      const { take, check, here, running } = orderOf(scene, settle)
      for (const next of order) {
        await take(next)
        check()
      }

      // What waits is answered or given up on, and what failed is saved.
      for (let round = 0; round < 4; round += 1) {
        settle()
        await clock.advance(130_000)
      }
      await Promise.allSettled(running)
      await store.flush()
      await clock.settle()
      check()
      for (const session of here()) {
        expect(session.saved).toBe('saved')
        expect(session.messages.filter(({ delivery }) => delivery === 'sending')).toEqual([])
        while (session.hasOlder) await session.loadOlder(50)
        const open = session.messages.filter(({ streaming, toolState }) => streaming || toolState === 'running').map(({ seqId }) => seqId)
        expect(await disk.loadSession(session.sessionId)).toEqual({ ...session.record, ...(open.length > 0 && { open }) })
        expect(await disk.loadMessages(session.sessionId)).toEqual(session.messages)
        expect(mirror.directory.model(session.sessionId)?.state).toEqual(must(store.snapshot().sessions.find(({ state }) => state.sessionId === session.sessionId)).state)
      }
      expect(mirror.missed).toEqual([])
      await store.dispose()
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 60 },
  )
})
