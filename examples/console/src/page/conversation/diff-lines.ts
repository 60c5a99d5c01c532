type DiffLineKind = 'plain' | 'file' | 'place' | 'added' | 'removed'

export interface DiffLine {
  readonly kind: DiffLineKind
  readonly text: string
}

/** A file's head: hunks are behind it or, of one that is new or gone, its lines at once. */
const unified = /^--- .*\n\+\+\+ /m
/** As Codex' own tool takes it. */
const patch = /^\*\*\* Begin Patch\n\*\*\* (?:Add|Update|Delete) File: /m

/** The lines of a text that has a diff in it, by what they say; `undefined` for a text that has none. */
export function diffLines(text: string): readonly DiffLine[] | undefined {
  const isPatch = patch.test(text)
  if (!isPatch && !unified.test(text)) return undefined
  const lines = text.split('\n')
  let inside = false
  // A line that goes and begins with two dashes looks as the head of a file does.
  const beginsFile = (index: number): boolean => (lines[index]?.startsWith('--- ') ?? false) && (lines[index + 1]?.startsWith('+++ ') ?? false)
  return lines.map((line, index) => {
    if (isPatch && line.startsWith('*** ')) {
      inside = !line.startsWith('*** End Patch')
      return { kind: 'file', text: line }
    }
    if (beginsFile(index)) return { kind: 'file', text: line }
    if (beginsFile(index - 1)) {
      inside = true
      return { kind: 'file', text: line }
    }
    if (/^@@( |$)/.test(line)) {
      inside = true
      return { kind: 'place', text: line }
    }
    if (inside && line.startsWith('+')) return { kind: 'added', text: line }
    if (inside && line.startsWith('-')) return { kind: 'removed', text: line }
    if (inside && line !== '' && !/^[ \\(]/.test(line)) inside = false
    return { kind: 'plain', text: line }
  })
}
