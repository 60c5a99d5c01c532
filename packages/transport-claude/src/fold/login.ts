import type { Choice, Login } from '@agent-session/core'
import { fieldsOf, textField } from '@agent-session/core/transport'

/** The SDK cannot log anybody in: these are for showing. */
export const loginMethods: readonly Choice[] = [
  { id: 'claude', label: 'claude auth login', description: 'Run it in a terminal: a claude.ai or Console account' },
  { id: 'api-key', label: 'ANTHROPIC_API_KEY', description: 'An API key in the environment of the program' },
]

/** By the account that an initialisation tells; `undefined` where it tells none. */
export function readLogin(account: unknown): Login | undefined {
  if (fieldsOf(account) === undefined) return undefined
  const isNone = (name: string): boolean => ['none', undefined].includes(textField(account, name))
  // Other providers of the model have keys of their own, which the program does not know.
  const isAsked = textField(account, 'apiProvider') === 'firstParty' && isNone('tokenSource') && isNone('apiKeySource') && textField(account, 'email') === undefined
  if (isAsked) return { state: 'required', methods: loginMethods }
  const key = isNone('apiKeySource') ? undefined : textField(account, 'apiKeySource')
  const who = textField(account, 'email') ?? textField(account, 'organization') ?? key
  return { state: 'done', methods: loginMethods, ...(who !== undefined && { account: who }) }
}
