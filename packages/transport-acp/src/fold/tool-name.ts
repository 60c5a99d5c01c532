import { field, textField } from '@agent-session/core/transport'

/** Names of the house for the protocol's kinds: `Bash` is the one whose command is shown. */
const byKind: Readonly<Record<string, string>> = {
  read: 'Read',
  edit: 'Edit',
  delete: 'Delete',
  move: 'Move',
  search: 'Search',
  execute: 'Bash',
  think: 'Think',
  fetch: 'Fetch',
  switch_mode: 'SwitchMode',
}

/** The name that an agent itself gives: Claude's own for its tools, else the protocol's field. */
export function givenToolName(update: unknown): string | undefined {
  return textField(field(field(update, '_meta'), 'claudeCode'), 'toolName') ?? textField(update, 'name')
}

export function toolNameByKind(kind: string | undefined): string | undefined {
  return kind !== undefined && Object.hasOwn(byKind, kind) ? byKind[kind] : undefined
}
