import { field, textField } from '@agent-session/core/transport'

/** The words of an error of Codex' own or of JSON-RPC, with what its details say beside them. */
export function turnErrorText(error: unknown): string {
  const message = wordsOf(textField(error, 'message')?.trim() ?? '')
  const details = textField(error, 'additionalDetails')?.trim() ?? ''
  if (message === '') return details === '' ? 'Codex reported an error without a word' : details
  return details === '' || message.includes(details) ? message : `${message}: ${details}`
}

/** Some errors of the model's API come as the JSON that they were sent as. */
function wordsOf(message: string): string {
  if (!message.startsWith('{')) return message
  try {
    const told: unknown = JSON.parse(message)
    return textField(field(told, 'error'), 'message') ?? textField(told, 'message') ?? message
  } catch {
    // It only looked like JSON.
    return message
  }
}
