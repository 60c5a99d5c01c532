/** A value as JSON, to tell whether two are the same; `undefined` where it has none, as what is nested too deeply. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // Deeper than the stack, or in a circle: nobody can say what it is the same as.
    return undefined
  }
}
