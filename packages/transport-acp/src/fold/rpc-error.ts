import { field, textField } from '@agent-session/core/transport'

/** The protocol's code for "log in first". */
const authRequired = -32_000

/** The words of a JSON-RPC error, with what its data says beside them. */
export function rpcErrorText(error: unknown): string {
  const message = (textField(error, 'message') ?? '').replace(/^Internal error: (?=.)/s, '').trim()
  const data = field(error, 'data')
  const details = typeof data === 'string' ? data : (textField(data, 'details') ?? textField(data, 'message'))
  if (details === undefined || details.trim() === '' || message.includes(details)) return message || 'The agent gave an error without a word'
  return message === '' ? details : `${message}: ${details}`
}

/** codex-acp: another process has the session open, so it is not lost, and no new one may take its place. */
export function isHeldElsewhere(error: unknown): boolean {
  return textField(field(error, 'data'), 'reason') === 'thread_active_writer'
}

export function isAuthRequired(error: unknown): boolean {
  return field(error, 'code') === authRequired
}
