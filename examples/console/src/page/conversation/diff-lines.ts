type DiffLineKind = 'plain' | 'file' | 'place' | 'added' | 'removed'

export interface DiffLine {
  readonly kind: DiffLineKind
  readonly text: string
}

/** The lines of a text that has a unified diff in it, by what they say; `undefined` for a text that has none. */
export function diffLines(text: string): readonly DiffLine[] | undefined {
  if (!/^--- .*\n\+\+\+ .*\n@@ /m.test(text)) return undefined
  let inside = false
  return text.split('\n').map((line) => {
    if (line.startsWith('--- ') || line.startsWith('+++ ')) return { kind: 'file', text: line }
    if (line.startsWith('@@ ')) {
      inside = true
      return { kind: 'place', text: line }
    }
    if (inside && line.startsWith('+')) return { kind: 'added', text: line }
    if (inside && line.startsWith('-')) return { kind: 'removed', text: line }
    if (inside && line !== '' && !line.startsWith(' ')) inside = false
    return { kind: 'plain', text: line }
  })
}
