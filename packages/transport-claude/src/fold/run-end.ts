import { type EventBody, field, listField, textField } from '@agent-session/core/transport'

/** Which errors of the program mean that somebody has to log in first. */
const loggedOut = new Set(['authentication_failed', 'oauth_org_not_allowed', 'cloud_credential_error', 'authentication_error'])

/** Limits that a person has set: the end that they asked for, told under its own name. */
const limits: Readonly<Record<string, string>> = { error_max_turns: 'max_turns', error_max_budget_usd: 'budget_exhausted' }

/** What an answer of the model stopped by, where that was before its end. */
const early = new Set(['refusal', 'max_tokens', 'model_context_window_exceeded', 'pause_turn'])

/**
 * How a run ended, by its `result`. Its `subtype` says "success" for errors of the API too: `is_error` and
 * `terminal_reason` tell. `words` are those of the error that the program said as if it were an answer.
 */
export function runEnd(result: unknown, { stopping, words, errorKind }: { stopping: boolean; words?: string; errorKind?: string }): EventBody {
  const terminal = textField(result, 'terminal_reason')
  if (stopping || terminal?.startsWith('aborted_') === true) return { type: 'status', status: 'done', reason: 'stopped' }
  const subtype = textField(result, 'subtype') ?? ''
  const failed = field(result, 'is_error') === true || (field(result, 'is_error') === undefined && subtype.startsWith('error'))
  if (!failed) {
    const stop = textField(result, 'stop_reason')
    if (stop !== undefined && early.has(stop)) return { type: 'status', status: 'done', reason: stop }
    return { type: 'status', status: 'done', reason: terminal ?? 'completed' }
  }
  const error = resultWords(result) ?? words ?? `Claude ended with ${terminal ?? (subtype === '' ? 'an error' : subtype)}`
  const needsLogin = [errorKind, textField(result, 'api_error_type')].some((kind) => kind !== undefined && loggedOut.has(kind))
  if (needsLogin) {
    return { type: 'status', status: 'error', reason: 'login-required', error: `${error}. Log in with "claude auth login", or give the program an ANTHROPIC_API_KEY, then send the prompt again.` }
  }
  const limit = Object.hasOwn(limits, subtype) ? limits[subtype] : undefined
  return { type: 'status', status: 'error', error, ...(limit !== undefined && { reason: limit }) }
}

/** What a result says of its error. Its diagnostics are of use to nobody. */
export function resultWords(result: unknown): string | undefined {
  const said = textField(result, 'result')
  if (said !== undefined && said.trim() !== '') return said
  const errors = listField(result, 'errors').filter((error): error is string => typeof error === 'string' && error.trim() !== '' && !error.startsWith('[ede_diagnostic]'))
  return errors.length > 0 ? errors.join('\n') : undefined
}
