import { textField } from './unknown-data.ts'

/** The words of an error of Codex' own or of JSON-RPC, with what its details say beside them. */
export function turnErrorText(error: unknown): string {
  const message = textField(error, 'message')?.trim() ?? ''
  const details = textField(error, 'additionalDetails')?.trim() ?? ''
  if (message === '') return details === '' ? 'Codex reported an error without a word' : details
  return details === '' || message.includes(details) ? message : `${message}: ${details}`
}
