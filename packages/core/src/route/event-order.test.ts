import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { AgentSessionEvent } from '../index.ts'
import { EventOrder } from './event-order.ts'

const event = (seq: number, epoch = 'e'): AgentSessionEvent => ({ type: 'retract', sessionId: 's', ids: [], cursor: { epoch, seq } })
const seqs = (events: readonly AgentSessionEvent[]): (number | undefined)[] => events.map(({ cursor }) => cursor?.seq)

/** What comes out of an order, event by event. */
const offered = (order: EventOrder, ...events: AgentSessionEvent[]) => events.flatMap((next) => seqs(order.offer(next)))

describe('the order of events', () => {
  test('lets those pass that carry no number', () => {
    const order = new EventOrder(10)
    const plain: AgentSessionEvent = { type: 'retract', sessionId: 's', ids: [] }
    order.offer(event(1))
    order.offer(event(3))
    expect(order.offer(plain)).toEqual([plain])
    expect(order.waiting).toBe(true)
  })

  test('begins wherever the first one is', () => {
    const order = new EventOrder(10)
    expect(offered(order, event(7), event(8))).toEqual([7, 8])
  })

  test('goes on after the last one that was applied before', () => {
    const order = new EventOrder(10, { epoch: 'e', seq: 5 })
    expect(offered(order, event(4), event(5), event(6))).toEqual([6])
  })

  test('F16 drops what came before', () => {
    const order = new EventOrder(10)
    expect(offered(order, event(1), event(1), event(2), event(1), event(2))).toEqual([1, 2])
  })

  test('F17 holds what comes too early until the missing ones are there', () => {
    const order = new EventOrder(10)
    expect(offered(order, event(1), event(4), event(3))).toEqual([1])
    expect(order.waiting).toBe(true)
    expect(seqs(order.offer(event(2)))).toEqual([2, 3, 4])
    expect(order.waiting).toBe(false)
  })

  test('F16 holds an event once, however often it comes', () => {
    const order = new EventOrder(10)
    offered(order, event(1), event(3), event(3))
    expect(seqs(order.offer(event(2)))).toEqual([2, 3])
  })

  test('promise 14 is full at its limit', () => {
    const order = new EventOrder(2)
    offered(order, event(1), event(3))
    expect(order.full).toBe(false)
    order.offer(event(4))
    expect(order.full).toBe(true)
  })

  test('F18 gives the held ones in order when the missing are given up on, and counts the gap', () => {
    const order = new EventOrder(10)
    offered(order, event(1), event(6), event(3))
    expect(order.gaps).toBe(0)
    expect(seqs(order.skip())).toEqual([3, 6])
    expect(order.gaps).toBe(1)
    expect(order.waiting).toBe(false)
    expect(offered(order, event(2), event(5), event(7))).toEqual([7])
  })

  test('skips nothing where nothing is held', () => {
    const order = new EventOrder(10)
    order.offer(event(1))
    expect(order.skip()).toEqual([])
    expect(order.gaps).toBe(0)
    expect(offered(order, event(2))).toEqual([2])
  })

  test('F19 takes a new numbering from wherever it begins', () => {
    const order = new EventOrder(10)
    expect(offered(order, event(8), event(1, 'f'), event(2, 'f'))).toEqual([8, 1, 2])
    expect(order.gaps).toBe(0)
  })

  test('F18 F19 what was held of the old numbering comes first, as a gap', () => {
    const order = new EventOrder(10)
    offered(order, event(1), event(3))
    expect(order.offer(event(1, 'f')).map(({ cursor }) => cursor)).toEqual([{ epoch: 'e', seq: 3 }, { epoch: 'f', seq: 1 }])
    expect(order.gaps).toBe(1)
  })

  test('F23 ignores late packets of numberings that ended, of the last sixteen', () => {
    const order = new EventOrder(10)
    for (let at = 0; at <= 16; at += 1) order.offer(event(1, `e${at}`))
    for (let at = 0; at < 16; at += 1) expect(order.offer(event(2, `e${at}`))).toEqual([])
    expect(seqs(order.offer(event(2, 'e16')))).toEqual([2])
  })

  test('promise 14 F23 remembers no more than sixteen numberings that ended', () => {
    const order = new EventOrder(10)
    for (let at = 0; at <= 17; at += 1) order.offer(event(1, `e${at}`))
    expect(order.offer(event(2, 'e1'))).toEqual([])
    expect(seqs(order.offer(event(1, 'e0')))).toEqual([1])
  })

  test('any order of any events, each told any number of times, comes out once and in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }).chain((count) => fc.shuffledSubarray(Array.from({ length: count }, (_, index) => index + 1), { minLength: count })),
        fc.array(fc.nat(29)),
        (order, again) => {
          const sut = new EventOrder(100, { epoch: 'e', seq: 0 })
          const out = order.flatMap((seq, index) => [...offered(sut, event(seq)), ...offered(sut, event(order[(again[index] ?? 0) % (index + 1)] ?? 1))])
          expect(out).toEqual([...order].sort((a, b) => a - b))
        },
      ),
    )
  })

  test('F17 begins where the numbering does, though the first is not the first to come', () => {
    const order = new EventOrder(10, undefined, true)
    expect(order.offer(event(2))).toEqual([])
    expect(order.waiting).toBe(true)
    expect(order.offer(event(1))).toEqual([event(1), event(2)])
    expect(order.last).toEqual({ epoch: 'e', seq: 2 })
    expect(new EventOrder(10, undefined, true).offer(event(0))).toEqual([event(0)])
  })

  test('F17 F19 waits for the first of a new numbering too', () => {
    const order = new EventOrder(10, { epoch: 'e', seq: 5 })
    expect(order.offer(event(2, 'f'))).toEqual([])
    expect(order.offer(event(1, 'f'))).toEqual([event(1, 'f'), event(2, 'f')])
  })
})
