/** What a tool call is going to do to files, or did, as a diff. */
export interface EditChange {
  /** The arguments that the diff tells all of. */
  readonly told: ReadonlySet<string>
  readonly text: string
}

type Arguments = Readonly<Record<string, unknown>>

/** The names that agents give to the file, and to what stands there before and after. */
const pathNames = ['file_path', 'filePath', 'filepath', 'path']
const pairs = [
  ['old_string', 'new_string'],
  ['oldString', 'newString'],
  ['oldText', 'newText'],
  ['old_str', 'new_str'],
] as const
const contentNames = ['content', 'file_text', 'contents']

/**
 * The change that arguments are about, whole: every line that goes and every line that comes is in it. `undefined` where
 * they are about none. Known are an exchange of texts (Claude Code, OpenCode), several of them, a file that is written, and
 * a list of changes with their diffs (Codex).
 */
export function editChange(input: unknown): EditChange | undefined {
  if (!isArguments(input)) return undefined
  const path = pathNames.map((name) => input[name]).find((value) => typeof value === 'string') ?? ''
  const exchange = hunkOf(input)
  if (exchange !== undefined) return { told: new Set(exchange.names), text: fileDiff(String(path), [exchange.text]) }
  const { edits, changes } = input
  if (Array.isArray(edits) && edits.length > 0) return severalEdits(String(path), edits)
  if (Array.isArray(changes) && changes.length > 0) return severalFiles(changes)
  return path === '' ? undefined : written(String(path), input)
}

const isArguments = (value: unknown): value is Arguments => typeof value === 'object' && value !== null && !Array.isArray(value)

function hunkOf(input: Arguments): { readonly names: readonly string[]; readonly text: string } | undefined {
  for (const [before, after] of pairs) {
    const [old, fresh] = [input[before], input[after]]
    if (typeof old === 'string' && typeof fresh === 'string') return { names: [before, after], text: hunk(old, fresh) }
  }
  return undefined
}

function severalEdits(path: string, edits: readonly unknown[]): EditChange | undefined {
  const hunks = edits.map((edit) => {
    if (!isArguments(edit)) return undefined
    const found = hunkOf(edit)
    // What is asked for beside it must not be lost.
    const rest = Object.entries(edit).filter(([name, value]) => found?.names.includes(name) === false && value !== false)
    return found && `${found.text}${rest.length === 0 ? '' : `\n(${rest.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')})`}`
  })
  return hunks.every((text) => text !== undefined) ? { told: new Set(['edits']), text: fileDiff(path, hunks) } : undefined
}

function severalFiles(changes: readonly unknown[]): EditChange | undefined {
  const texts = changes.map((change) => {
    if (!isArguments(change)) return undefined
    const { path, kind, diff } = change
    if (typeof path !== 'string' || typeof diff !== 'string') return undefined
    const movedTo = isArguments(kind) ? kind['move_path'] : change['movedTo']
    const word = isArguments(kind) ? kind['type'] : kind
    const lines = diff.replace(/\n$/, '')
    if (word === 'add') return `--- /dev/null\n+++ ${path}\n${marked('+', lines)}`
    if (word === 'delete') return `--- ${path}\n+++ /dev/null\n${marked('-', lines)}`
    return `--- ${path}\n+++ ${typeof movedTo === 'string' ? movedTo : path}\n${lines}`
  })
  return texts.every((text) => text !== undefined) ? { told: new Set(['changes']), text: texts.join('\n') } : undefined
}

/** A tool that says nothing beside a file and its content writes it: what was there goes, and the arguments do not have it. */
function written(path: string, input: Arguments): EditChange | undefined {
  const rest = Object.entries(input).filter(([name]) => !pathNames.includes(name))
  const [[name, content] = ['', undefined]] = rest
  if (rest.length !== 1 || !contentNames.includes(name) || typeof content !== 'string') return undefined
  return { told: new Set([name]), text: fileDiff(path, [content === '' ? wholeFile : `${wholeFile}\n${marked('+', content)}`]) }
}

const wholeFile = '@@ all that the file will hold @@'

const fileDiff = (path: string, hunks: readonly string[]): string => `--- ${path}\n+++ ${path}\n${hunks.join('\n')}`

/** What both have at their beginnings and ends stands once. */
function hunk(old: string, fresh: string): string {
  const [before, after] = [old === '' ? [] : old.split('\n'), fresh === '' ? [] : fresh.split('\n')]
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const lines = (from: readonly string[], mark: string): readonly string[] => from.map((line) => mark + line)
  return [
    '@@ @@',
    ...lines(before.slice(0, head), ' '),
    ...lines(before.slice(head, before.length - tail), '-'),
    ...lines(after.slice(head, after.length - tail), '+'),
    ...lines(before.slice(before.length - tail), ' '),
  ].join('\n')
}

const marked = (mark: string, text: string): string => (text === '' ? '' : text.split('\n').map((line) => mark + line).join('\n'))
