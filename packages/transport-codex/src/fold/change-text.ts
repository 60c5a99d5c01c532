import { field, listField, textField } from '@agent-session/core/transport'

/** A change of one file, as Codex tells it in either form: the app-server with its diff, `codex exec` without. */
export interface FileChange {
  readonly path: string
  /** `add`, `delete`, `update`, or a newer word. */
  readonly kind: string
  /** Where an updated file went; absent where it stayed. */
  readonly movedTo?: string
  /** The text of an added or deleted file, the hunks of an updated one; absent where it is not told. */
  readonly diff?: string
}

export function readChanges(item: unknown): FileChange[] {
  return listField(item, 'changes').flatMap((change): FileChange[] => {
    const path = textField(change, 'path')
    if (path === undefined) return []
    const kind = field(change, 'kind')
    const movedTo = textField(kind, 'move_path')
    const diff = textField(change, 'diff')
    return [{ path, kind: textField(kind, 'type') ?? textField(change, 'kind') ?? 'update', ...(movedTo !== undefined && { movedTo }), ...(diff !== undefined && { diff }) }]
  })
}

/** The changes in the form that people read: unified diffs, else a line for each file. */
export function changesText(changes: readonly FileChange[]): string {
  return changes.map(changeText).join('\n')
}

function changeText({ path, kind, movedTo, diff }: FileChange): string {
  if (diff === undefined) return `${kind} ${path}${movedTo === undefined ? '' : ` → ${movedTo}`}`
  const text = diff.replace(/\n$/, '')
  if (kind === 'add') return [`--- /dev/null`, `+++ ${path}`, ...marked('+', text)].join('\n')
  if (kind === 'delete') return [`--- ${path}`, `+++ /dev/null`, ...marked('-', text)].join('\n')
  return [`--- ${path}`, `+++ ${movedTo ?? path}`, text].join('\n')
}

const marked = (mark: string, text: string): string[] => (text === '' ? [] : text.split('\n').map((line) => mark + line))
