/** What a tool of the host's gave, as a model is told it: text as it is, other data as its JSON has it, and what has none as its text. */
export function toolOutput(output: unknown): unknown {
  if (output === undefined || output === null) return ''
  if (typeof output === 'string') return output
  const json = JSON.stringify(output)
  return json === undefined ? String(output) : JSON.parse(json)
}
