import { describe, expect, test } from 'vitest'
import { AgentSessionError } from '../errors.ts'
import { agentProblem, amountField, field, fieldsOf, isoTime, jsonText, listField, newTurn, ownId, refusal, textField } from './index.ts'

describe('what transports are made of', () => {
  test('reads own fields of objects alone, each as what it is asked for', () => {
    const value = JSON.parse('{"__proto__":{"inherited":1},"text":"a","amount":2,"less":-1,"list":[1]}')
    expect([field(value, 'text'), field(value, 'constructor'), field(value, 'toString'), field(null, 'text'), field([1], '0'), field('a', 'length')]).toEqual(['a', undefined, undefined, undefined, undefined, undefined])
    expect([textField(value, 'text'), textField(value, 'amount')]).toEqual(['a', undefined])
    expect([amountField(value, 'amount'), amountField(value, 'less'), amountField({ amount: Number.NaN }, 'amount')]).toEqual([2, undefined, undefined])
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
})
