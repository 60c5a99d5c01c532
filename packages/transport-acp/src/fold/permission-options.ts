import type { PermissionOption } from '@agent-session/core'
import { listField, textField } from '@agent-session/core/transport'

const kinds = ['allow_once', 'allow_always', 'reject_once', 'reject_always'] as const

/** Those that can be shown for what they are. An option of an unknown kind is left out: it might allow. */
export function readOptions(request: unknown): PermissionOption[] {
  return listField(request, 'options').flatMap((option): PermissionOption[] => {
    const id = textField(option, 'optionId')
    const told = textField(option, 'kind')
    const kind = kinds.find((kind) => kind === told)
    if (id === undefined || kind === undefined) return []
    return [{ id, label: textField(option, 'name') ?? id, kind }]
  })
}
