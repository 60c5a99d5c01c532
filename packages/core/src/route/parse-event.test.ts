import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { parseEvent } from './parse-event.ts'

const of = (type: string, fields: object = {}): object => ({ type, sessionId: 's', ...fields })
const option = { id: 'a', label: 'A', kind: 'allow_once' }
const request = { id: 'q', title: '?', options: [option] }

const good: Record<string, object[]> = {
  message: [of('message', { messages: [] }), of('message', { messages: [{ id: 'm', type: 'text', content: null, timestamp: -1, parentId: 'p' }] })],
  delta: [of('delta', { id: 'm', kind: 'text', text: '' }), of('delta', { id: 'm', kind: 'thinking', text: 'x' }), of('delta', { id: 'm', kind: 'tool_result', text: 'x', offset: 0, parentId: 'p', toolCallId: 'c' })],
  'message-end': [of('message-end', { id: 'm' }), of('message-end', { id: 'm', cut: false })],
  history: [of('history', { messages: [], complete: true })],
  retract: [of('retract', { ids: [] }), of('retract', { ids: ['a', 'b'] })],
  status: [of('status', { status: 'anything' }), of('status', { status: 'error', error: 'x', reason: 'y' })],
  cost: [
    of('cost', { inputTokens: 0, outputTokens: 0 }),
    of('cost', { costUsd: 1 }),
    of('cost', { inputTokens: 1, outputTokens: 2.5, costUsd: 0.1, cachedInputTokens: 3, model: 'm', scope: 'turn', contextUsed: 1, contextSize: 2 }),
  ],
  session: [
    of('session'),
    of('session', { title: 't', model: 'm', mode: 'x', agentSessionId: 'y', restarted: true, modes: [{ id: 'a', label: 'A' }], models: [], commands: [{ name: 'help', hint: 'h' }] }),
  ],
  permission: [of('permission', { request }), of('permission', { request: { ...request, input: { any: ['thing'] }, toolCallId: 'c', parentId: 'p' } })],
  'permission-settled': [of('permission-settled', { requestId: 'q', outcome: 'selected', optionId: 'a' }), of('permission-settled', { requestId: 'q', outcome: 'expired' })],
  plan: [of('plan', { entries: [] }), of('plan', { entries: [{ content: 'x', status: 'in_progress', priority: 'high' }] })],
  connection: [{ type: 'connection', state: 'connected' }, { type: 'connection', state: 'disconnected', error: 'x' }],
}

const bad: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['text', 'status'],
  ['a list', []],
  ['no type', { sessionId: 's' }],
  ['a type that is no text', { type: 5, sessionId: 's' }],
  ['an unknown type', of('odd')],
  ['a type of the prototype', of('toString')],
  ['a type named __proto__', of('__proto__')],
  ['no session', { type: 'status', status: 'done' }],
  ['an empty session id', { ...of('status', { status: 'done' }), sessionId: '' }],
  ['a session id with controls', { ...of('status', { status: 'done' }), sessionId: 'a\nb' }],
  ['a session id that is too long', { ...of('status', { status: 'done' }), sessionId: 'x'.repeat(257) }],
  ['a run that is no text', of('status', { status: 'done', run: 5 })],
  ['a cursor without a number', of('status', { status: 'done', cursor: { epoch: 'e' } })],
  ['a cursor with half a number', of('status', { status: 'done', cursor: { epoch: 'e', seq: 1.5 } })],
  ['a cursor below nothing', of('status', { status: 'done', cursor: { epoch: 'e', seq: -1 } })],
  ['a cursor past what is safe', of('status', { status: 'done', cursor: { epoch: 'e', seq: 2 ** 53 } })],
  ['messages that are no list', of('message', { messages: {} })],
  ['a delta without text', of('delta', { id: 'm', kind: 'text' })],
  ['a delta of an unknown kind', of('delta', { id: 'm', kind: 'image', text: 'x' })],
  ['a delta before its message', of('delta', { id: 'm', kind: 'text', text: 'x', offset: -1 })],
  ['a delta at no place', of('delta', { id: 'm', kind: 'text', text: 'x', offset: Number.NaN })],
  ['a delta between two places', of('delta', { id: 'm', kind: 'text', text: 'x', offset: 0.5 })],
  ['an end without an id', of('message-end', { cut: true })],
  ['an end that is cut maybe', of('message-end', { id: 'm', cut: 'yes' })],
  ['a history of unknown length', of('history', { messages: [] })],
  ['a retraction of one', of('retract', { ids: 'a' })],
  ['a retraction of numbers', of('retract', { ids: [1] })],
  ['a status that is no text', of('status', { status: null })],
  ['an error that is no text', of('status', { status: 'error', error: {} })],
  ['a cost of tokens that are no number', of('cost', { inputTokens: '1', outputTokens: 0 })],
  ['a cost below nothing', of('cost', { inputTokens: -1, outputTokens: 0 })],
  ['a cost without end', of('cost', { inputTokens: Infinity, outputTokens: 0 })],
  ['a cost of no number', of('cost', { inputTokens: 0, outputTokens: 0, costUsd: Number.NaN })],
  ['a cost of an unknown scope', of('cost', { inputTokens: 0, outputTokens: 0, scope: 'month' })],
  ['modes without labels', of('session', { modes: [{ id: 'a' }] })],
  ['commands without names', of('session', { commands: [{ hint: 'x' }] })],
  ['a title that is no text', of('session', { title: 5 })],
  ['a question without options', of('permission', { request: { id: 'q', title: '?' } })],
  ['a question with an unknown option', of('permission', { request: { ...request, options: [{ ...option, kind: 'allow_all' }] } })],
  ['no question', of('permission')],
  ['an unknown outcome', of('permission-settled', { requestId: 'q', outcome: 'maybe' })],
  ['a plan of words', of('plan', { entries: ['x'] })],
  ['a plan with an unknown status', of('plan', { entries: [{ content: 'x', status: 'maybe' }] })],
  ['an unknown connection', { type: 'connection', state: 'odd' }],
]

describe('the border', () => {
  describe.each(Object.keys(good))('%s', (type) => {
    test('takes what fits', () => {
      for (const event of good[type] ?? []) expect(parseEvent(event)).toEqual({ ok: true, event })
    })
  })

  test.each(bad)('refuses %s, and says why', (_, value) => {
    const parsed = parseEvent(value)
    expect(parsed.ok).toBe(false)
    expect(parsed.ok ? '' : parsed.reason).not.toBe('')
  })

  test('names the field that is wrong', () => {
    expect(parseEvent(of('delta', { id: 'm', kind: 'odd', text: 'x' }))).toMatchObject({ reason: expect.stringContaining('"kind"') })
    expect(parseEvent(of('message', { messages: {} }))).toMatchObject({ reason: expect.stringContaining('"messages"') })
    expect(parseEvent({ type: 'status', status: 'x' })).toMatchObject({ reason: expect.stringContaining('"sessionId"') })
  })

  test('takes no field from a prototype', () => {
    const event: object = Object.create(of('status', { status: 'done' }))
    expect(parseEvent(event).ok).toBe(false)
    const delta = of('delta', { id: 'm', kind: 'text', text: 'x' })
    for (const name of ['sessionId', 'id', 'kind', 'text'] as const) {
      const inherits = Object.assign(Object.create({ [name]: Reflect.get(delta, name) }), delta, { [name]: undefined })
      delete inherits[name]
      expect([name, Reflect.get(inherits, name), parseEvent(inherits, () => true).ok]).toEqual([name, Reflect.get(delta, name), false])
    }
  })

  test('a delta, which is read by the names of its fields, is judged as the table judges', () => {
    const wrong: Record<string, unknown[]> = {
      sessionId: ['', 'a\nb', 'x'.repeat(257), 5],
      run: [5, null],
      cursor: [null, 'e', {}, { epoch: 'e', seq: -1 }, { epoch: 5, seq: 1 }],
      id: [undefined, 5, null],
      kind: [undefined, 'image', 'toString', 5],
      text: [undefined, 5, null, ['x']],
      offset: [-1, 0.5, Number.NaN, '0', null, 2 ** 53],
      parentId: [5, null],
      toolCallId: [5, null],
    }
    const whole = of('delta', { id: 'm', kind: 'text', text: 'x', offset: 0, run: 'r', cursor: { epoch: 'e', seq: 1 }, parentId: 'p', toolCallId: 'c' })
    expect(parseEvent(whole)).toEqual({ ok: true, event: whole })
    for (const [field, values] of Object.entries(wrong)) {
      for (const value of values) {
        expect([field, value, parseEvent({ ...whole, [field]: value })]).toEqual([
          field, value, { ok: false, reason: `its "${field}" is missing or of the wrong kind` },
        ])
      }
    }
  })

  test('the id of a session that is open was checked when it was opened, and nothing else of the event was', () => {
    const asked: string[] = []
    const isKnown = (id: string): boolean => asked.push(id) > 0
    expect(parseEvent(of('delta', { id: 'm', kind: 'text', text: 'x' }), isKnown).ok).toBe(true)
    expect(parseEvent(of('delta', { id: 'm', kind: 'text', text: 5 }), isKnown).ok).toBe(false)
    expect(parseEvent({ type: 'delta', id: 'm', kind: 'text', text: 'x', sessionId: 5 }, isKnown).ok).toBe(false)
    expect(asked).toContain('s')
    const typed: object = Object.assign(Object.create({ type: 'status' }), { sessionId: 's', status: 'done' })
    expect(parseEvent(typed).ok).toBe(false)
  })

  test('T25 keeps the messages that fit and gives the others back', () => {
    const fits = { id: 'm', type: 'text', content: 'odd content is read as far as it goes', timestamp: 1 }
    const misfits = [null, 5, {}, { ...fits, id: 5 }, { ...fits, type: 'odd' }, { ...fits, timestamp: 'now' }, { ...fits, parentId: 5 }]
    for (const [type, fields] of [['message', {}], ['history', { complete: true }]] as const) {
      const parsed = parseEvent(of(type, { ...fields, messages: [...misfits, fits] }))
      expect(parsed).toMatchObject({ ok: true, event: { type, messages: [fits] } })
      expect(parsed.rejected).toHaveLength(misfits.length)
    }
  })

  test('T25 a message without a timestamp or content of its own is refused by itself', () => {
    expect(parseEvent(of('message', { messages: [{ id: 'm', type: 'text', content: 1 }] })).rejected).toHaveLength(1)
  })

  test('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(typeof parseEvent(value).ok).toBe('boolean')
      }),
    )
  })

  test('never throws, whatever comes in the place of a field', () => {
    const events = Object.values(good).flat()
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.nat(12), fc.anything(), (event, at, value) => {
        const names = Object.keys(event)
        const spoiled = { ...event, [names[at % names.length] ?? 'type']: value }
        expect(typeof parseEvent(spoiled).ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })

  test('an accessor that throws is refused, not an exception', () => {
    const event = {
      type: 'status',
      sessionId: 's',
      get status(): string {
        throw new Error('gotcha')
      },
    }
    expect(parseEvent(event)).toEqual({ ok: false, reason: 'reading it threw: gotcha' })
  })
})
