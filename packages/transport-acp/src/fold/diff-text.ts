/** Unchanged lines that are shown before and after a change. */
const contextLines = 3

/**
 * A change as ACP tells it (the text before and after) in the form that people read: a unified diff of one hunk. What
 * is alike at both ends is left out; what lies between counts as changed as a whole.
 */
export function diffText(path: string, oldText: string | undefined, newText: string): string {
  const before = linesOf(oldText ?? '')
  const after = linesOf(newText)
  let same = 0
  while (same < before.length && same < after.length && before[same] === after[same]) same += 1
  let tail = 0
  while (
    tail < before.length - same &&
    tail < after.length - same &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1
  }
  const from = Math.max(0, same - contextLines)
  const shownTail = Math.min(tail, contextLines)
  const removed = before.slice(same, before.length - tail)
  const added = after.slice(same, after.length - tail)
  return [
    `--- ${oldText === undefined ? '/dev/null' : path}`,
    `+++ ${path}`,
    `@@ -${place(from, before.length - tail + shownTail)} +${place(from, after.length - tail + shownTail)} @@`,
    ...before.slice(from, same).map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...before.slice(before.length - tail, before.length - tail + shownTail).map((line) => ` ${line}`),
  ].join('\n')
}

/** A hunk's lines, counted from 1; an empty one is at the line before it. */
const place = (from: number, to: number): string => `${to > from ? from + 1 : from},${to - from}`

function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}
