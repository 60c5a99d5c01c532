import { checkBudget, type Budget } from '../budget/budget.ts'
import { errorText, type AgentSessionErrorCode } from '../errors.ts'
import { checkLimits, checkLiveLimits } from '../limits.ts'
import type { Refusal } from '../session/command-result.ts'
import { isPrompt, promptText } from '../session/prompt.ts'
import type { StartRequest } from './agent-store.ts'

export function refusal(code: AgentSessionErrorCode, error: string, sessionId?: string): Refusal {
  return { ok: false, code, error, ...(sessionId !== undefined && { sessionId }) }
}

export const noSession = (): Refusal => refusal('no-session', 'No session for project')
export const notFound = (): Refusal => refusal('session-not-found', 'Session not found')
export const disposed = (): Refusal => refusal('store-disposed', 'This store has been disposed of.')

const waysIfRunning: ReadonlySet<unknown> = new Set([undefined, 'refuse', 'stop', 'background'] satisfies StartRequest['ifRunning'][])

/** Why a start cannot even be tried; its caller may not have been type-checked. */
export function checkStart(projectId: unknown, request: StartRequest): Refusal | undefined {
  if (typeof projectId !== 'string') return refusal('invalid-argument', 'A project id is text.')
  if (typeof request !== 'object' || request === null) return refusal('invalid-argument', 'A start takes an object with provider and prompt.')
  if (typeof request.provider !== 'string' || request.provider === '') {
    return refusal('invalid-argument', 'A start names its provider, such as "claude".')
  }
  if (!waysIfRunning.has(request.ifRunning)) {
    return refusal('invalid-argument', `ifRunning is refuse, stop or background, not ${JSON.stringify(request.ifRunning)}.`)
  }
  return checkPrompt(request.prompt) ?? checkedBudget(request.budget) ?? checkedLimits(request.limits)
}

export function checkedBudget(budget: Budget | undefined): Refusal | undefined {
  try {
    checkBudget(budget)
    return undefined
  } catch (thrown) {
    return refusal('invalid-argument', errorText(thrown))
  }
}

const checkedLimits = (limits: unknown): Refusal | undefined => (limits === undefined ? undefined : limitRefusal(limits, checkLimits))
export const checkedLiveLimits = (limits: unknown): Refusal | undefined => limitRefusal(limits, checkLiveLimits)

function limitRefusal(limits: unknown, check: (limits: unknown) => void): Refusal | undefined {
  try {
    check(limits)
    return undefined
  } catch (thrown) {
    return refusal('invalid-limit', errorText(thrown))
  }
}

export function checkPrompt(prompt: unknown): Refusal | undefined {
  if (!isPrompt(prompt)) return refusal('invalid-argument', 'A prompt is text, or a list of parts of type text, image or file.')
  return promptText(prompt).trim() === '' ? refusal('invalid-argument', 'The prompt is empty.') : undefined
}
