import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { sampleMessage } from '../../test/reduced-session.ts'
import { MessageLog } from './message-log.ts'
import type { SessionMessage } from './session-message.ts'

function logOf(...ids: string[]): MessageLog {
  const log = new MessageLog()
  ids.forEach((id, index) => log.append(sampleMessage(id, index + 1)))
  return log
}

const idsOf = (log: MessageLog): string[] => log.snapshot().map(({ id }) => id)

describe('a message log', () => {
  test('finds messages by place and by id', () => {
    const log = logOf('a', 'b', 'c')
    expect(log.length).toBe(3)
    expect(log.at(1)?.id).toBe('b')
    expect(log.at(3)).toBeUndefined()
    expect(log.get('c')?.seqId).toBe(3)
    expect(log.get('z')).toBeUndefined()
  })

  test('replaces a message in its place; one that is unknown is ignored', () => {
    const log = logOf('a', 'b')
    log.replace(sampleMessage('a', 1, { content: 'new' }))
    log.replace(sampleMessage('z', 9))
    expect(log.snapshot().map(({ content }) => content)).toEqual(['new', 'b'])
  })

  test('T20 promise 10 gives the same frozen snapshot and ids until something changes', () => {
    const log = logOf('a', 'b')
    const [snapshot, ids] = [log.snapshot(), log.ids()]
    expect(log.snapshot()).toBe(snapshot)
    expect(log.ids()).toBe(ids)
    expect(Object.isFrozen(snapshot)).toBe(true)
    log.replace(sampleMessage('a', 1, { content: 'new' }))
    expect(log.snapshot()).not.toBe(snapshot)
    expect(log.ids()).toBe(ids)
    log.append(sampleMessage('c', 3))
    expect(log.ids()).toEqual(['a', 'b', 'c'])
    expect(snapshot).toHaveLength(2)
  })

  test('knows which messages are still coming or running, in their order', () => {
    const log = logOf('a')
    log.append(sampleMessage('b', 2, { streaming: true }))
    log.append(sampleMessage('c', 3, { role: 'tool-call', toolState: 'running' }))
    expect([...log.open]).toEqual(['b', 'c'])
    log.replace(sampleMessage('b', 2))
    log.replace(sampleMessage('c', 3, { role: 'tool-call', toolState: 'done' }))
    expect([...log.open]).toEqual([])
    log.append(sampleMessage('d', 4, { streaming: true }))
    log.retract(['d'])
    expect([...log.open]).toEqual([])
  })

  test('keeps what is open at hand when it leaves the list, until it has ended', () => {
    const log = logOf('a')
    log.append(sampleMessage('b', 2, { streaming: true, content: 'b' }))
    log.append(sampleMessage('c', 3, { role: 'tool-call', toolState: 'running', toolCallId: 'call' }))
    log.append(sampleMessage('d', 4))
    log.dropOldest(3)
    expect(idsOf(log)).toEqual(['d'])
    expect(log.aside().map(({ id }) => id)).toEqual(['b', 'c'])
    expect(log.openSeqIds()).toEqual([2, 3])
    expect([log.evicted('a'), log.evicted('b')]).toEqual([true, false])
    log.extend('b', '!')
    expect(log.get('b')?.content).toBe('b!')
    expect(log.toolCall('call')?.id).toBe('c')
    log.replace(sampleMessage('b', 2, { content: 'b!' }))
    log.releaseAside(() => false)
    expect(log.get('b')?.content).toBe('b!')
    log.releaseAside(() => true)
    expect([log.get('b'), log.evicted('b'), log.get('c')?.id]).toEqual([undefined, true, 'c'])
    // Storage has an older one.
    log.replace(sampleMessage('c', 3, { role: 'tool-call', toolState: 'done', toolCallId: 'call' }))
    log.prepend([sampleMessage('c', 3, { role: 'tool-call', toolState: 'running', toolCallId: 'call' })])
    expect(log.at(0)?.toolState).toBe('done')
    expect([log.aside(), [...log.open]]).toEqual([[], []])
  })

  test('forgets what was aside and is retracted', () => {
    const log = new MessageLog()
    log.putAside(sampleMessage('b', 2, { streaming: true }))
    log.append(sampleMessage('d', 4))
    log.retract(['b'])
    expect([log.get('b'), log.retracted('b'), log.evicted('b'), [...log.open]]).toEqual([undefined, true, false, []])
  })

  test('finds the call of a tool, the newest of its id, and no result', () => {
    const log = new MessageLog()
    log.append(sampleMessage('call', 1, { role: 'tool-call', toolCallId: 'x' }))
    log.append(sampleMessage('result', 2, { role: 'tool-result', toolCallId: 'x' }))
    expect(log.toolCall('x')?.id).toBe('call')
    log.append(sampleMessage('again', 3, { role: 'tool-call', toolCallId: 'x' }))
    expect(log.toolCall('x')?.id).toBe('again')
    expect(log.toolCall('y')).toBeUndefined()
    log.retract(['again', 'result'])
    expect(log.toolCall('x')?.id).not.toBe('again')
  })

  test('an older call that is paged in does not hide the newer one of its id', () => {
    const log = new MessageLog()
    log.append(sampleMessage('newer', 5, { role: 'tool-call', toolCallId: 'x' }))
    log.prepend([sampleMessage('older', 1, { role: 'tool-call', toolCallId: 'x' })])
    expect(log.toolCall('x')?.id).toBe('newer')
  })

  test('takes older messages in before all that is there', () => {
    const log = logOf()
    log.append(sampleMessage('c', 3))
    log.prepend([sampleMessage('a', 1), sampleMessage('b', 2)])
    expect(idsOf(log)).toEqual(['a', 'b', 'c'])
    expect(log.get('a')?.seqId).toBe(1)
    expect(log.get('c')?.seqId).toBe(3)
    expect(log.ids()).toEqual(['a', 'b', 'c'])
  })

  test('lets the oldest go, and knows that they were there', () => {
    const log = logOf('a', 'b', 'c')
    log.dropOldest(2)
    expect(idsOf(log)).toEqual(['c'])
    expect(log.get('a')).toBeUndefined()
    expect(log.get('c')?.seqId).toBe(3)
    expect([log.evicted('a'), log.evicted('c'), log.evicted('z')]).toEqual([true, false, false])
    log.prepend([sampleMessage('b', 2)])
    expect(log.evicted('b')).toBe(false)
  })

  test.each<[number, number, number, number[]]>([
    [0, Infinity, Infinity, [1, 3, 5, 7]],
    [1, 7, Infinity, [3, 5]],
    [0, Infinity, 2, [5, 7]],
    [2, 6, Infinity, [3, 5]],
    [7, Infinity, Infinity, []],
    [5, 3, Infinity, []],
    [0, 1, Infinity, []],
    [0, Infinity, 0, []],
  ])('gives the newest between %s and %s, at most %s', (after, before, limit, seqIds) => {
    const log = new MessageLog()
    for (const seqId of [1, 3, 5, 7]) log.append(sampleMessage(`${seqId}`, seqId))
    expect(log.between(after, before, limit).map(({ seqId }) => seqId)).toEqual(seqIds)
  })

  test('after any course of changes holds what a plain list would', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append'), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('replace'), at: fc.nat(30) }),
      fc.record({ do: fc.constant('retract'), at: fc.array(fc.nat(30), { maxLength: 4 }) }),
      fc.record({ do: fc.constant('dropOldest'), count: fc.nat(5) }),
      fc.record({ do: fc.constant('prepend'), count: fc.integer({ min: 1, max: 3 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = new MessageLog()
        let list: SessionMessage[] = []
        let [next, first] = [1_000, 1_000]
        for (const taken of steps) {
          if ('at' in taken && typeof taken.at === 'number') {
            const found = list[taken.at]
            if (found === undefined) continue
            const changed = { ...found, content: `${found.content}!` }
            list = list.map((message) => (message === found ? changed : message))
            log.replace(changed)
          } else if ('at' in taken && typeof taken.at === 'object') {
            const ids = taken.at.flatMap((at) => list[at]?.id ?? [])
            list = list.filter(({ id }) => !ids.includes(id))
            log.retract([...ids, 'unknown'])
          } else if ('count' in taken && taken.do === 'append') {
            for (let count = 0; count < taken.count; count += 1, next += 1) {
              list = [...list, sampleMessage(`m${next}`, next)]
              log.append(sampleMessage(`m${next}`, next))
            }
          } else if ('count' in taken && taken.do === 'dropOldest') {
            list = list.slice(taken.count)
            log.dropOldest(taken.count)
          } else if ('count' in taken) {
            const older = Array.from({ length: taken.count }, (_, index) => sampleMessage(`m${first - taken.count + index}`, first - taken.count + index))
            first -= taken.count
            list = [...older, ...list]
            log.prepend(older)
          }
          expect(log.snapshot()).toEqual(list)
          expect(log.ids()).toEqual(list.map(({ id }) => id))
          list.forEach((message, index) => {
            expect(log.at(index)).toEqual(message)
            expect(log.get(message.id)).toBe(log.at(index))
          })
        }
      }),
      { numRuns: 200 },
    )
  })
})
