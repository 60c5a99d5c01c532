import { isStepName, type Step } from './story.ts'

/** A story as a person reads it: a step a line, in the order in which they happen. */
export function writeStory(story: readonly Step[]): string {
  return story.map(({ name, a, b }, index) => `${String(index + 1).padStart(4)}. ${name} ${a} ${b}`).join('\n')
}

/** Reads what `writeStory` wrote; empty lines and those that begin with `#` are passed over. Throws for a line that is no step. */
export function readStory(text: string): Step[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name = '', a, b] = /^(?:\s*\d+\.)?\s*(\w+) (\d+) (\d+)\s*$/.exec(line) ?? []
    if (!isStepName(name)) throw new Error(`This line of a story is no step: ${line}`)
    return { name, a: Number(a), b: Number(b) }
  })
}
