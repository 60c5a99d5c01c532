import type { Choice } from '@agent-session/core'
import { textField } from '@agent-session/core/transport'

/** Where a command may write, and who is asked before one goes further. */
export interface CodexMode extends Choice {
  readonly sandbox: 'read-only' | 'workspace-write' | 'danger-full-access'
  readonly approvalPolicy: 'untrusted' | 'on-request' | 'never'
}

/** Codex has two settings, a sandbox and who is asked; these are the pairs that make sense, by Codex' own names for them. */
export const codexModes: readonly CodexMode[] = [
  { id: 'read-only', label: 'Read only', description: 'Asks before it changes anything', sandbox: 'read-only', approvalPolicy: 'on-request' },
  { id: 'untrusted', label: 'Ask', description: 'Asks before each command that is not known to be harmless', sandbox: 'workspace-write', approvalPolicy: 'untrusted' },
  { id: 'auto', label: 'Auto', description: 'Works in its folder, asks before it goes further', sandbox: 'workspace-write', approvalPolicy: 'on-request' },
  { id: 'full-access', label: 'Full access', description: 'Does everything, asks nothing', sandbox: 'danger-full-access', approvalPolicy: 'never' },
]

/** The names that other agents and Codex' own options have for the same, so that one setting serves them all. */
const aliases: Readonly<Record<string, string>> = {
  default: 'auto',
  acceptedits: 'auto',
  'workspace-write': 'auto',
  plan: 'read-only',
  bypasspermissions: 'full-access',
  'danger-full-access': 'full-access',
}

/** A mode by its id, its label or another name of it; `undefined` where there is none of it. */
export function findMode(name: string): CodexMode | undefined {
  const known = name.toLowerCase()
  const id = Object.hasOwn(aliases, known) ? aliases[known] : known
  return codexModes.find((mode) => mode.id === id || mode.label.toLowerCase() === id)
}

const sandboxTypes: Readonly<Record<string, CodexMode['sandbox']>> = { readOnly: 'read-only', workspaceWrite: 'workspace-write', dangerFullAccess: 'danger-full-access' }

/** The mode that a thread is in; `undefined` where its settings make none of ours. */
export function readMode(sandboxPolicy: unknown, approvalPolicy: unknown): CodexMode | undefined {
  const type = textField(sandboxPolicy, 'type') ?? ''
  const sandbox = Object.hasOwn(sandboxTypes, type) ? sandboxTypes[type] : undefined
  return codexModes.find((mode) => mode.sandbox === sandbox && mode.approvalPolicy === approvalPolicy)
}
