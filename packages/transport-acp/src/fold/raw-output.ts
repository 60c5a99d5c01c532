import { fieldsOf, textField } from '@agent-session/core/transport'
import { contentText } from './content-text.ts'

/** Where agents put the words of a result. */
const wordFields = ['output', 'error', 'content', 'stdout', 'message']

/** A tool's `rawOutput` as the words in it; otherwise as it is. */
export function rawOutputText(rawOutput: unknown): unknown {
  if (Array.isArray(rawOutput)) {
    const texts = rawOutput.map(contentText)
    return texts.every((text) => text !== undefined) ? texts.join('\n') : rawOutput
  }
  const fields = fieldsOf(rawOutput)
  if (fields === undefined) return rawOutput
  const name = wordFields.find((name) => textField(fields, name) !== undefined)
  if (name !== undefined) return textField(fields, name)
  // codex-acp: a command that printed nothing and went well.
  return Object.keys(fields).join() === 'exit_code' && fields['exit_code'] === 0 ? '' : rawOutput
}
