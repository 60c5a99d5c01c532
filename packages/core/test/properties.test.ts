import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AgentSession } from '../src/index.ts'
import type { AgentVoice } from './agent-voice.ts'
import { mirrorOf } from './mirror.ts'
import { must } from './must.ts'
import { createScene, project, restarted, type Scene } from './scene.ts'

/** One thing that an agent tells, with ids from a small set so that they meet. */
interface Told {
  readonly type: string
  readonly fields: object
}

const id = fc.constantFrom('a', 'b', 'c', 'd')
const words = fc.string({ maxLength: 8 })
const callId = fc.constantFrom('x', 'y')

const rawMessage = fc.oneof(
  fc.record({ id, type: fc.constantFrom('text', 'thinking', 'error', 'compaction', 'unknown'), content: fc.record({ text: words, message: words }), timestamp: fc.nat() }),
  fc.record({ id: callId.map((call) => `call-${call}`), type: fc.constant('tool_call'), content: fc.record({ name: fc.constant('Bash'), toolCallId: callId }), timestamp: fc.nat() }),
  fc.record({ id: callId.map((call) => `result-${call}`), type: fc.constant('tool_result'), content: fc.record({ output: words, toolCallId: callId, isError: fc.boolean() }), timestamp: fc.nat() }),
)

const anyTold: fc.Arbitrary<Told> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('message'), fields: fc.record({ messages: fc.array(rawMessage, { maxLength: 3 }) }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('delta'), fields: fc.record({ id: fc.constantFrom('s', 't'), kind: fc.constantFrom('text', 'text', 'tool_result'), text: words }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('message-end'), fields: fc.record({ id: fc.constantFrom('s', 't'), cut: fc.boolean() }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('retract'), fields: fc.record({ ids: fc.array(id, { maxLength: 2 }) }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('cost'), fields: fc.record({ costUsd: fc.nat(9), inputTokens: fc.nat(99), outputTokens: fc.nat(99), scope: fc.constantFrom('session', 'run', 'turn') }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('permission'), fields: fc.record({ request: fc.record({ id: fc.constantFrom('q', 'p'), title: words, options: fc.constant([]) }) }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('permission-settled'), fields: fc.record({ requestId: fc.constantFrom('q', 'p'), outcome: fc.constantFrom('selected', 'expired') }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('plan'), fields: fc.record({ entries: fc.array(fc.record({ content: words, status: fc.constant('pending') }), { maxLength: 2 }) }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('session'), fields: fc.record({ title: words }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('status'), fields: fc.record({ status: fc.constantFrom('running', 'running', 'idle', 'done', 'error') }) }) },
)
const stream = fc.array(anyTold, { maxLength: 40 })

async function running(options = {}): Promise<{ scene: Scene; session: AgentSession; voice: AgentVoice }> {
  const scene = createScene(options)
  const session = await scene.start()
  return { scene, session, voice: scene.agent(session) }
}

/** The same with each message as an event of its own: two of one event may change a message and change it back. */
function oneByOne(told: Told): Told[] {
  const messages: unknown = Reflect.get(told.fields, 'messages')
  if (!Array.isArray(messages)) return [told]
  return messages.map((message: unknown) => ({ type: told.type, fields: { messages: [message] } }))
}

/** A session without what is its own by name: ids of session, run and prompt. */
function likeness(session: AgentSession): string {
  const { sessionId, run, messages, record } = session
  let text = JSON.stringify([record, messages])
  for (const name of [sessionId, run, messages[0]?.id]) if (name !== undefined) text = text.replaceAll(name, '·')
  return text
}

describe('any stream of events', () => {
  test('promise 2 numbered and delivered twice, in any mixture, equals once', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.nat(100), { maxLength: 80 }), async (told, again) => {
        const [one, two] = [await running(), await running()]
        told.forEach(({ type, fields }, index) => {
          const cursor = { epoch: 'e', seq: index + 1 }
          one.voice.numbered(cursor).emit(type, fields)
          two.voice.numbered(cursor).emit(type, fields)
          const repeat = (again[index] ?? 0) % (index + 1)
          const earlier = must(told[repeat])
          two.voice.numbered({ epoch: 'e', seq: repeat + 1 }).emit(earlier.type, earlier.fields)
        })
        expect(likeness(two.session)).toBe(likeness(one.session))
      }),
      { numRuns: 60 },
    )
  })

  test('promise 2 F17 numbered and delivered out of order, within the bounds, equals in order', async () => {
    await fc.assert(
      fc.asyncProperty(stream.filter((told) => told.length > 1), fc.infiniteStream(fc.nat(1_000)), async (told, dice) => {
        const [one, two] = [await running(), await running()]
        const numbered = told.map((event, index) => ({ ...event, cursor: { epoch: 'e', seq: index + 1 } }))
        for (const { type, fields, cursor } of numbered) one.voice.numbered(cursor).emit(type, fields)
        const [first, ...rest] = numbered
        const shuffled = rest.map((event) => ({ event, at: dice.next().value ?? 0 })).sort((a, b) => a.at - b.at)
        for (const { type, fields, cursor } of [must(first), ...shuffled.map(({ event }) => event)]) two.voice.numbered(cursor).emit(type, fields)
        expect(likeness(two.session)).toBe(likeness(one.session))
      }),
      { numRuns: 60 },
    )
  })

  test('promise 1 seqIds begin at 1, rise, and are never given again', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (told) => {
        const { session, voice } = await running()
        const given = new Map<number, string>([[1, must(session.lastMessage).id]])
        for (const { type, fields } of told) {
          voice.emit(type, fields)
          const seqIds = session.messages.map(({ seqId }) => seqId)
          expect(seqIds).toEqual([...seqIds].sort((a, b) => a - b))
          expect(new Set(seqIds).size).toBe(seqIds.length)
          expect(seqIds.at(-1) ?? 0).toBeLessThanOrEqual(session.lastSeqId)
          for (const { seqId, id: owner } of session.messages) {
            expect(given.get(seqId) ?? owner).toBe(owner)
            given.set(seqId, owner)
          }
        }
        expect([...given.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: session.lastSeqId }, (_, index) => index + 1))
      }),
      { numRuns: 100 },
    )
  })

  test('promise 10 a message whose fields are the same is the same object, and a snapshot never changes', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (told) => {
        const { session, voice } = await running()
        for (const { type, fields } of told.flatMap(oneByOne)) {
          const before = session.messages
          const kept = JSON.stringify(before)
          voice.emit(type, fields)
          expect(JSON.stringify(before)).toBe(kept)
          const known = new Map(before.map((message) => [message.id, message]))
          for (const message of session.messages) {
            const earlier = known.get(message.id)
            if (earlier !== undefined && JSON.stringify(earlier) === JSON.stringify(message)) expect(message).toBe(earlier)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('promise 3 after a flush storage holds what memory does, and a restart gives it back', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.constantFrom('flush', 'fail', 'lose', 'wait', 'go on'), { maxLength: 40 }), async (told, faults) => {
        const { scene, session, voice } = await running()
        for (const [index, { type, fields }] of told.entries()) {
          voice.emit(type, fields)
          const fault = faults[index]
          if (fault === 'flush') await scene.store.flush().catch(() => {})
          if (fault === 'fail') scene.storage.failNext(1)
          if (fault === 'lose') scene.storage.loseAnswers(1)
          if (fault === 'wait') await scene.clock.advance(2_000)
        }
        scene.storage.failNext(0)
        scene.storage.loseAnswers(0)
        await session.stop()
        await scene.store.flush()
        expect(await scene.disk.loadMessages(session.sessionId)).toEqual(session.messages)
        expect(await scene.disk.loadSession(session.sessionId)).toEqual(session.record)
        const before = likeness(session)
        const after = await restarted(scene)
        await after.store.restore(project)
        expect(likeness(must(after.store.getSession(project)))).toBe(before)
      }),
      { numRuns: 60 },
    )
  })

  test('§6 a mirror that is fed by changes equals the owner, whenever it looks', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.nat(40), fc.nat(5), async (told, joinsAt, rhythm) => {
        let due: (() => void)[] = []
        const flush = (): void => {
          const now = due
          due = []
          for (const run of now) run()
        }
        const { scene, session, voice } = await running({ schedule: (run: () => void) => void due.push(run) })
        let mirror: ReturnType<typeof mirrorOf> | undefined
        for (const [index, { type, fields }] of told.entries()) {
          if (index === Math.min(joinsAt, told.length - 1)) mirror = mirrorOf(scene)
          voice.emit(type, fields)
          if (index % (rhythm + 1) === 0) flush()
        }
        await session.stop()
        flush()
        if (mirror === undefined) return
        expect(mirror.missed).toEqual([])
        expect(mirror.directory.snapshot()).toEqual(scene.store.snapshot().sessions)
      }),
      { numRuns: 60 },
    )
  })

  test('promise 9 after a stop leaves status, questions, plan and timers as they are', async () => {
    await fc.assert(
      fc.asyncProperty(stream, stream, async (before, after) => {
        const { scene, session, voice } = await running()
        for (const { type, fields } of before) voice.emit(type, fields)
        await session.stop()
        const standing = (): string => JSON.stringify([session.status, session.live, session.endReason, session.error, session.permissions, session.plan, session.run])
        const stopped = standing()
        for (const { type, fields } of after) voice.emit(type, fields)
        expect(standing()).toBe(stopped)
        expect(session.messages.some(({ streaming, toolState }) => streaming === true || toolState === 'running')).toBe(false)
        const told = scene.heard.notifications.length
        await scene.clock.advance(3_600_000)
        expect(scene.heard.notifications).toHaveLength(told)
        expect(scene.clock.pending).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('promise 8 nothing that comes makes the store throw, or touches another session', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), stream, async (junk, told) => {
        const { scene, session, voice } = await running()
        const other = await scene.start({}, 'other')
        const before = likeness(other)
        for (const value of junk) scene.transport.emit(value)
        for (const value of junk) scene.transport.emit({ type: 'message', sessionId: session.sessionId, messages: [value] })
        for (const { type, fields } of told) voice.emit(type, fields)
        expect(likeness(other)).toBe(before)
        expect(scene.heard.errors).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
