import { describe, expect, test } from 'vitest'
import { AgentSessionError } from '../errors.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import { agentProblem, amountField, causeCode, eventListeners, EventLog, expectDurations, expectOption, field, fieldsOf, isoTime, jsonText, listField, newTurn, ownId, refusal, textField, toolOutput } from './index.ts'

describe('what transports are made of', () => {
  test('reads own fields of objects alone, each as what it is asked for', () => {
    const value = JSON.parse('{"__proto__":{"inherited":1},"text":"a","amount":2,"less":-1,"list":[1]}')
    expect([field(value, 'text'), field(value, 'constructor'), field(value, 'toString'), field(null, 'text'), field([1], '0'), field('a', 'length')]).toEqual(['a', undefined, undefined, undefined, undefined, undefined])
    expect([textField(value, 'text'), textField(value, 'amount')]).toEqual(['a', undefined])
    expect([amountField(value, 'amount'), amountField(value, 'less'), amountField({ amount: Number.NaN }, 'amount'), amountField({ amount: -0 }, 'amount')]).toEqual([2, undefined, undefined, 0])
    expect([listField(value, 'list'), listField(value, 'text')]).toEqual([[1], []])
    expect([fieldsOf(value), fieldsOf([]), fieldsOf(null)]).toEqual([value, undefined, undefined])
  })

  test('makes short ids unique by their scope, and leaves long ones as they are', () => {
    expect([ownId('run', 'call_1'), ownId('run', 'call_0123456789abcdef')]).toEqual(['run/call_1', 'call_0123456789abcdef'])
  })

  test('reads times without a clock', () => {
    expect([isoTime('1970-01-01T00:00:01Z'), isoTime('soon'), isoTime(undefined)]).toEqual([1_000, undefined, undefined])
  })

  test('compares what has JSON, and knows what has none', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect([jsonText({ a: 1 }), jsonText(circle), jsonText(JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)), jsonText(undefined)]).toEqual(['{"a":1}', undefined, undefined, undefined])
  })

  test('refuses with the code of what was thrown, and keeps its cause', () => {
    const cause = new Error('torn')
    const problem = agentProblem('agent-exited', 'It is gone', cause)
    expect([AgentSessionError.isInstance(problem), problem.cause]).toEqual([true, cause])
    expect(refusal(problem)).toEqual({ ok: false, error: 'It is gone', code: 'agent-exited' })
    expect(refusal(cause, 'disconnected')).toEqual({ ok: false, error: 'torn', code: 'disconnected' })
  })

  test('a turn is over once, whoever waits for it', async () => {
    const turn = newTurn('run')
    turn.finish()
    turn.finish()
    await turn.over
    expect([turn.run, turn.stopped]).toEqual(['run', false])
  })

  test('every listener hears everything, whoever throws, until it leaves or all is over', () => {
    const { emit, subscribe, clear } = eventListeners()
    const event: AgentEvent = { type: 'status', sessionId: 'session', status: 'done' }
    const heard: string[] = []
    subscribe(() => {
      throw new Error('not my day')
    })
    const twice = (): void => void heard.push('twice')
    const leave = subscribe(twice)
    subscribe(twice)
    emit(event)
    leave()
    leave()
    emit(event)
    clear()
    emit(event)
    expect(heard).toEqual(['twice', 'twice', 'twice'])
  })

  test('tells what a fold made of one message: under its run, in its order, with ids for what has none', () => {
    const log = new EventLog('session')
    const before = log.collect(1, () => log.unknown('strange'))
    log.beginRun('run')
    const events = log.collect(2, () => {
      log.silent('status', 'busy')
      log.emit([{ type: 'session', title: 'of an earlier run' }], 'earlier')
    })
    expect([before, log.run, log.scope, log.now]).toEqual([[{ type: 'message', sessionId: 'session', messages: [{ id: 'session/unknown-1', type: 'unknown', content: 'strange', timestamp: 1 }] }], 'run', 'run', 2])
    expect(events).toEqual([
      { type: 'message', sessionId: 'session', run: 'run', messages: [{ id: 'run/status-2', type: 'status', content: 'busy', timestamp: 2 }] },
      { type: 'session', sessionId: 'session', run: 'earlier', title: 'of an earlier run' },
    ])
    expect(log.collect(3, () => {})).toEqual([])
  })

  test('says what to write where an option is none', () => {
    expectOption(true, 'never said')
    expect(() => expectOption(false, 'Name the agents')).toThrow(expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining('Name the agents') }))
    expectDurations({ handshakeMs: 1, idleMs: Infinity })
    for (const ms of [0, -1, Number.NaN, '5', undefined]) expect(() => expectDurations({ idleMs: ms })).toThrow(`\`idleMs\` is a number of milliseconds above 0, not ${ms}`)
  })

  test('finds the code of what went wrong wherever it stands, and never goes in a circle', () => {
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect([causeCode({ cause: { cause: { code: 'ECONNREFUSED' } } }), causeCode({ code: 7 }), causeCode('no'), causeCode(circle)]).toEqual(['ECONNREFUSED', undefined, undefined, undefined])
  })

  test('tells what a tool gave as text or as JSON', () => {
    expect([toolOutput(undefined), toolOutput(null), toolOutput('a'), toolOutput({ at: new Date(0) }), toolOutput(Symbol('none'))]).toEqual(['', '', 'a', { at: '1970-01-01T00:00:00.000Z' }, 'Symbol(none)'])
  })
})
