import { field, textField } from './unknown-data.ts'

/** Further down nobody puts what really went wrong. */
const deepest = 5

/** A system's or Node's own code for what went wrong, wherever in the chain of causes it stands; `undefined` where it has none. */
export function causeCode(thrown: unknown): string | undefined {
  let at: unknown = thrown
  for (let depth = 0; depth < deepest && at !== undefined; depth += 1) {
    const code = textField(at, 'code')
    if (code !== undefined) return code
    at = field(at, 'cause')
  }
  return undefined
}
