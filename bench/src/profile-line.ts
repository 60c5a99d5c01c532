import type { Profiler } from 'node:inspector/promises'

export interface ProfileLine {
  /** The function, its file and line in what was built. */
  readonly name: string
  /** Of the time that was not idle, from 0 to 1. */
  readonly share: number
}

/** What the sampler itself takes, and what is no work. */
const aside = new Set(['(idle)', '(program)', '(root)', 'post'])

/** The functions that the most time was spent in, without what they call. */
export function profileLines({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, lines: number): ProfileLine[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const self = new Map<string, number>()
  let total = 0
  samples.forEach((id, index) => {
    const frame = frames.get(id)
    const us = timeDeltas[index] ?? 0
    if (frame === undefined || aside.has(frame.functionName)) return
    total += us
    const file = frame.url.split('/').slice(-1).join('').replace(/-[\w-]{8}\.js$/, '.js')
    const name = `${frame.functionName || '(anonymous)'}${file ? ` (${file}:${frame.lineNumber + 1})` : ''}`
    self.set(name, (self.get(name) ?? 0) + us)
  })
  return [...self]
    .sort(([, a], [, b]) => b - a)
    .slice(0, lines)
    .map(([name, us]) => ({ name, share: us / total }))
}
