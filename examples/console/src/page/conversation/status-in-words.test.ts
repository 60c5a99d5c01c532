import { describe, expect, test } from 'vitest'
import { statusInWords } from './status-in-words.ts'

const session = {
  status: 'idle',
  live: false,
  endReason: undefined,
  error: undefined,
  stall: undefined,
  permissions: [],
  saved: 'saved',
  continuity: undefined,
  queue: [],
} as const

const question = { id: 'q', title: 'run ls', state: 'pending', options: [], askedAt: 0 } as const
const waiting = { messageId: 'm', prompt: 'next', queuedAt: 0 }

describe('a session in words', () => {
  test.each([
    [{}, 'quiet', 'Idle'],
    [{ status: 'running', live: true }, 'busy', 'Running'],
    [{ status: 'running', live: true, permissions: [question] }, 'attention', 'Running: waits for your answer'],
    [{ status: 'done', endReason: 'completed' }, 'good', 'Done'],
    [{ status: 'done', endReason: 'stopped' }, 'quiet', 'Stopped'],
    [{ status: 'done', endReason: 'max_turns' }, 'good', 'Done (max turns)'],
    [{ status: 'error', endReason: 'error', error: 'The agent exited with code 3' }, 'bad', 'Error: The agent exited with code 3'],
    [{ status: 'error', endReason: 'error' }, 'bad', 'Error: the agent did not say why.'],
  ] as const)('%o', (fields, tone, text) => {
    expect(statusInWords({ ...session, ...fields })).toMatchObject({ tone, text })
  })

  test.each([
    [{ budget: { costUsd: 2, tokens: 1_000 }, costUsd: 2.1, inputTokens: 5 }, 'the limit of 2.00 USD'],
    [{ budget: { costUsd: 2, tokens: 12_000 }, costUsd: 1, inputTokens: 10_000, outputTokens: 2_000 }, 'the limit of 12K tokens'],
    [{ budget: { turns: 1 }, turns: 1 }, 'the limit of 1 turn'],
    // In a list nobody knows more of it.
    [{}, 'a limit'],
  ])('a run that came to a limit says to which: %o', (fields, words) => {
    expect(statusInWords({ ...session, status: 'done', endReason: 'budget', ...fields })).toMatchObject({ tone: 'attention', word: 'Limit', text: `Stopped: ${words} was reached.` })
  })

  test('an interrupted run says so, and what to do', () => {
    expect(statusInWords({ ...session, endReason: 'interrupted' }).text).toMatch(/^Interrupted: .*Send a prompt/)
  })

  test.each(['model', 'connection'] as const)('a stall whose cause is the %s is called one', (cause) => {
    expect(statusInWords({ ...session, status: 'running', live: true, stall: { cause, since: 0 } })).toMatchObject({
      tone: 'attention',
      text: expect.stringMatching(/^Stalled: /),
    })
  })

  test.each(['tool', 'person'] as const)('a stall whose cause is the %s is a run that waits', (cause) => {
    expect(statusInWords({ ...session, status: 'running', live: true, stall: { cause, since: 0 } }).text).toMatch(/^Running: /)
  })

  test('what else is wrong is said beside it', () => {
    const { remarks } = statusInWords({ ...session, saved: 'failing', continuity: 'gapped', queue: [waiting] })
    expect(remarks).toEqual(['Saving fails; it is tried again.', 'A part of the conversation is missing.', 'A prompt is still waiting.'])
  })
})
