import type { Attention } from '@agent-session/core'

/** In a word or two, for a list; what needs nobody has none. */
const words: Readonly<Record<Attention['reason'], string | undefined>> = {
  question: 'asks',
  connection: 'no connection',
  stalled: 'stalled',
  saving: 'not saved',
  conflict: 'conflict',
  error: 'error',
  context: 'context full',
  interrupted: 'interrupted',
  finished: undefined,
  none: undefined,
}

/** What is most pressing of several sessions; `undefined` where nothing needs a person. */
export function attentionInWords(all: readonly (Attention | undefined)[]): string | undefined {
  const pressing = all.filter((attention) => attention !== undefined).toSorted((a, b) => b.score - a.score)
  return pressing.map(({ reason }) => words[reason]).find((word) => word !== undefined)
}
