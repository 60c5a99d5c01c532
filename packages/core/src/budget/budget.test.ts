import { describe, expect, test } from 'vitest'
import { noUsage, type Usage } from '../session/usage.ts'
import { budgetStanding, checkBudget, type Budget, type BudgetStanding } from './budget.ts'

const tokens = (inputTokens: number, outputTokens = 0): Usage => ({ ...noUsage, inputTokens, outputTokens })

describe('where a session stands to its budget', () => {
  test.each<[Budget, Usage, number, BudgetStanding['level']]>([
    [{ tokens: 100 }, tokens(79), 1, 'within'],
    [{ tokens: 100 }, tokens(40, 40), 1, 'warned'],
    [{ tokens: 100 }, tokens(99), 1, 'warned'],
    [{ tokens: 100 }, tokens(50, 50), 1, 'exceeded'],
    [{ costUsd: 2 }, { ...noUsage, costUsd: 2 }, 1, 'exceeded'],
    [{ tokens: 100, warnAt: 0.5 }, tokens(50), 1, 'warned'],
    [{ tokens: 100, warnAt: 0.5 }, tokens(49), 1, 'within'],
    [{ turns: 2 }, noUsage, 1, 'within'],
    [{ turns: 2 }, noUsage, 2, 'warned'],
    [{ turns: 2 }, noUsage, 3, 'exceeded'],
    [{ turns: 9, tokens: 100 }, tokens(100), 1, 'exceeded'],
  ])('%j with %j and %i turns: %s', (budget, usage, turns, level) => {
    expect(budgetStanding(budget, usage, turns).level).toBe(level)
  })

  test.each<[Budget, string]>([
    [{ costUsd: 4 }, '0.50 of 4 USD'],
    [{ tokens: 100 }, '30 of 100 tokens'],
    [{ turns: 10 }, '2 of 10 turns'],
    [{ costUsd: 4, tokens: 100, turns: 10 }, '30 of 100 tokens'],
    [{ costUsd: 1, tokens: 100, turns: 10 }, '0.50 of 1 USD'],
    [{ costUsd: 1, tokens: 100, turns: 3 }, '2 of 3 turns'],
    [{ costUsd: 1, tokens: 60 }, '0.50 of 1 USD'],
  ])('says the bound that is nearest, the first of two that are as near: %j', (budget, text) => {
    expect(budgetStanding(budget, { ...tokens(10, 20), costUsd: 0.5 }, 2).text).toBe(text)
  })

  test('says a bound also where nothing is used yet', () => {
    expect(budgetStanding({ tokens: 100 }, noUsage, 0)).toEqual({ level: 'within', text: '0 of 100 tokens' })
    expect(budgetStanding({ costUsd: 1, tokens: 100 }, noUsage, 0)).toEqual({ level: 'within', text: '0.00 of 1 USD' })
  })

  test('says nothing where there is no bound', () => {
    expect(budgetStanding({ warnAt: 0.5 }, tokens(10), 1)).toStrictEqual({ level: 'within' })
  })
})

describe('a bound that is none', () => {
  const refused = (budget: object): unknown => {
    try {
      checkBudget(budget)
      return undefined
    } catch (error) {
      return error
    }
  }

  test.each([0, -1, Number.NaN, Infinity, '1', null, true])('is refused with what it must be: %j', (bound) => {
    for (const name of ['costUsd', 'tokens', 'turns']) {
      expect(refused({ [name]: bound })).toMatchObject({ code: 'invalid-argument', message: `The budget's ${name} must be a number above 0, not ${bound}.` })
    }
  })

  test.each([0, 1, 2, Number.NaN])('is refused as the part at which to warn: %s', (warnAt) => {
    expect(refused({ tokens: 1, warnAt })).toMatchObject({ code: 'invalid-argument', message: `The budget's warnAt must be a number above 0 and below 1, not ${warnAt}.` })
  })

  test('is not there', () => {
    expect(() => checkBudget(undefined)).not.toThrow()
    expect(() => checkBudget({ costUsd: 0.01, tokens: 1, turns: 1, warnAt: 0.99 })).not.toThrow()
  })
})
