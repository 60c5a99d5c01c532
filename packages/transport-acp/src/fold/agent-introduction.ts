import type { Abilities, Choice, Login } from '@agent-session/core'
import { amountField, field, fieldsOf, listField, textField } from '@agent-session/core/transport'

/** What an agent says of itself when it is greeted, in either version of the protocol. */
export interface Introduction {
  /** Of the protocol. */
  readonly version: number
  readonly name: string
  /** Of the agent; absent where it does not say. */
  readonly agentVersion?: string
  readonly abilities: Abilities
  /** The ways to log in; none where nobody needs to. */
  readonly methods: readonly Choice[]
}

export function readIntroduction(result: unknown): Introduction {
  const version = amountField(result, 'protocolVersion') ?? 1
  const capabilities = field(result, 'agentCapabilities') ?? field(result, 'capabilities')
  const session = field(capabilities, version > 1 ? 'session' : 'sessionCapabilities')
  const prompt = version > 1 ? field(session, 'prompt') : field(capabilities, 'promptCapabilities')
  const agent = field(result, 'agentInfo') ?? field(result, 'info')
  const agentVersion = textField(agent, 'version')
  const has = (name: string): boolean => fieldsOf(field(session, name)) !== undefined
  // The second version takes what the first had to offer for granted.
  const isBaseline = version > 1 && fieldsOf(session) !== undefined
  return {
    version,
    name: textField(agent, 'name') ?? '',
    ...(agentVersion !== undefined && { agentVersion }),
    abilities: {
      // An extension that claude-agent-acp and codex-acp share.
      steer: field(field(field(result, '_meta'), 'steering'), 'supported') === true,
      resume: isBaseline || has('resume') || field(capabilities, 'loadSession') === true,
      fork: has('fork'),
      forget: has('delete'),
      list: isBaseline || has('list'),
      images: isOffered(field(prompt, 'image')),
      files: isOffered(field(prompt, 'embeddedContext')),
    },
    methods: listField(result, 'authMethods').flatMap(readMethod),
  }
}

/** In the first version `true`, in the second an object. */
const isOffered = (capability: unknown): boolean => capability === true || fieldsOf(capability) !== undefined

function readMethod(method: unknown): Choice[] {
  const id = textField(method, 'id') ?? textField(method, 'methodId')
  const description = textField(method, 'description')
  if (id === undefined) return []
  return [{ id, label: textField(method, 'name') ?? id, ...(description !== undefined && { description }) }]
}

/** News of who is logged in: the protocol's own, and the extension that claude-agent-acp and codex-acp share. */
export function readAuthStatus(method: string, params: unknown): Pick<Login, 'state' | 'account'> | undefined {
  if (method === '_auth/status_update') {
    const status = field(params, 'authStatus')
    const kind = textField(status, 'kind')
    const account = textField(status, 'label')
    if (kind === undefined) return undefined
    return kind === 'none' ? { state: 'required' } : { state: 'done', ...(account !== undefined && { account }) }
  }
  if (method !== 'auth/status_update') return undefined
  const state = textField(params, 'state')
  const accounts = listField(params, 'accounts')
  const active = accounts.find((account) => field(account, 'active') === true) ?? accounts[0]
  const account = textField(active, 'label') ?? textField(active, 'name')
  if (state === 'unauthenticated') return { state: 'required' }
  return state === 'authenticated' || state === 'not_required' ? { state: 'done', ...(account !== undefined && { account }) } : undefined
}
