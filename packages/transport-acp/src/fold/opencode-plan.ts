import { field, listField, textField } from '@agent-session/core/transport'

/**
 * OpenCode tells its plan by no update of its own: it is what its tool `todowrite` is called with. `undefined` where a
 * call is another one; entries that were called off are left out.
 */
export function openCodePlan(agentName: string, update: unknown): { readonly entries: readonly unknown[] } | undefined {
  const todos = field(field(update, 'rawInput'), 'todos')
  if (agentName !== 'OpenCode' || textField(update, 'title') !== 'todowrite' || !Array.isArray(todos)) return undefined
  return { entries: listField(field(update, 'rawInput'), 'todos').filter((todo) => textField(todo, 'status') !== 'cancelled') }
}
