import type { PermissionOption } from '@agent-session/core'
import { field, fieldsOf, jsonText, listField, textField } from '@agent-session/core/transport'
import { shownCommand } from './shown-command.ts'

/** What a person says to a question. `optionId` absent: nothing, it was cancelled. */
export interface Choice {
  readonly optionId?: string
  /** Arguments or a form, filled by the person. */
  readonly input?: unknown
  /** Words of the person's own, where none of the options says it. */
  readonly text?: string
}

/** One question of a request. Most requests have one. */
interface AskedQuestion {
  readonly title: string
  readonly options: readonly PermissionOption[]
  /** What the answer covers; absent where the request leaves that to the item that it is about. */
  readonly input?: unknown
}

/** A request of the app-server's that a person answers, and how each answer is said to it. */
export interface ServerRequest {
  readonly questions: readonly AskedQuestion[]
  /** Codex' id of the item that it is about; absent where the request does not say. */
  readonly itemId?: string
  /** The JSON-RPC result for one choice for each question. */
  result(choices: readonly Choice[]): unknown
  /** The option that a result says, for one that was not given through `result`; `undefined`: none, it was cancelled. */
  optionOf(result: unknown): string | undefined
}

type Reader = (params: unknown) => ServerRequest

const readers: Readonly<Record<string, Reader>> = {
  'item/commandExecution/requestApproval': commandApproval,
  'item/fileChange/requestApproval': fileApproval,
  'item/permissions/requestApproval': permissionsApproval,
  'mcpServer/elicitation/request': elicitation,
  'item/tool/requestUserInput': userInput,
}

/** `undefined` where it is no question for a person. */
export function readServerRequest(method: string, params: unknown): ServerRequest | undefined {
  return Object.hasOwn(readers, method) ? readers[method]?.(params) : undefined
}

const accept: PermissionOption = { id: 'accept', label: 'Allow', kind: 'allow_once' }
const acceptForSession: PermissionOption = { id: 'acceptForSession', label: 'Allow for this session', kind: 'allow_always' }
const decline: PermissionOption = { id: 'decline', label: 'Reject', kind: 'reject_once' }
const cancel: PermissionOption = { id: 'cancel', label: 'Reject and stop', kind: 'reject_once' }

function commandApproval(params: unknown): ServerRequest {
  const command = shownCommand(textField(params, 'command') ?? '')
  const cwd = textField(params, 'cwd')
  const offered = Array.isArray(field(params, 'availableDecisions')) ? listField(params, 'availableDecisions') : ['accept', 'acceptForSession', 'decline', 'cancel']
  // Codex leaves the plain no out of what it offers, and takes it all the same.
  const decisions = offered.includes('decline') ? offered : [...offered, 'decline']
  const told = decisions.flatMap((decision) => {
    const option = decisionOption(decision)
    return option === undefined ? [] : [{ option, decision }]
  })
  return approval(textField(params, 'reason') || command || 'Run a command?', told, itemIdOf(params), { command, ...(cwd !== undefined && { cwd }) })
}

function fileApproval(params: unknown): ServerRequest {
  const root = textField(params, 'grantRoot')
  const title = textField(params, 'reason') || (root === undefined ? 'Change these files?' : `Change files in ${root}?`)
  return approval(title, [accept, acceptForSession, decline, cancel].map((option) => ({ option, decision: option.id })), itemIdOf(params))
}

/** What a decision is as an option; one of an unknown kind is left out: it might allow. */
function decisionOption(decision: unknown): PermissionOption | undefined {
  const plain = [accept, acceptForSession, decline, cancel].find(({ id }) => id === decision)
  if (plain !== undefined) return plain
  const words = listField(field(decision, 'acceptWithExecpolicyAmendment'), 'execpolicy_amendment').filter((word) => typeof word === 'string')
  if (words.length > 0) return { id: 'acceptWithExecpolicyAmendment', label: `Always allow commands that begin with "${words.join(' ')}"`, kind: 'allow_always' }
  const network = field(field(decision, 'applyNetworkPolicyAmendment'), 'network_policy_amendment')
  const host = textField(network, 'host')
  const action = textField(network, 'action')
  if (host === undefined || (action !== 'allow' && action !== 'deny')) return undefined
  const allows = action === 'allow'
  return { id: `${action} ${host}`, label: `${allows ? 'Always allow' : 'Never allow'} ${host}`, kind: allows ? 'allow_always' : 'reject_always' }
}

function approval(title: string, told: readonly { readonly option: PermissionOption; readonly decision: unknown }[], itemId: string | undefined, input?: unknown): ServerRequest {
  const decisionOf = (optionId: string | undefined): unknown => told.find(({ option }) => option.id === optionId)?.decision ?? 'cancel'
  return {
    questions: [{ title, options: told.map(({ option }) => option), ...(input !== undefined && { input }) }],
    ...(itemId !== undefined && { itemId }),
    result: ([choice]) => ({ decision: decisionOf(choice?.optionId) }),
    optionOf: (result) => told.find(({ decision }) => sameJson(decision, field(result, 'decision')))?.option.id,
  }
}

/** Leave to write or to reach further for a turn or a session, asked for as a whole. */
function permissionsApproval(params: unknown): ServerRequest {
  const asked = fieldsOf(field(params, 'permissions')) ?? {}
  const permissions = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null))
  const nothing = { permissions: {}, scope: 'turn' }
  const results: Readonly<Record<string, unknown>> = { accept: { permissions, scope: 'turn' }, acceptForSession: { permissions, scope: 'session' }, decline: nothing }
  const itemId = itemIdOf(params)
  return {
    questions: [{ title: textField(params, 'reason') || 'Allow more access?', options: [accept, acceptForSession, decline], input: permissions }],
    ...(itemId !== undefined && { itemId }),
    result: ([choice]) => (Object.hasOwn(results, choice?.optionId ?? '') ? results[choice?.optionId ?? ''] : nothing),
    optionOf: (result) => Object.keys(results).find((id) => sameJson(results[id], result)),
  }
}

/** A question of an MCP server: for leave to call a tool, or with a form of its own, whose content is the answer's input. */
function elicitation(params: unknown): ServerRequest {
  const meta = field(params, '_meta')
  const isCall = textField(meta, 'codex_approval_kind') === 'mcp_tool_call'
  const persists = listField(meta, 'persist')
  const always: PermissionOption = { id: 'acceptAlways', label: 'Always allow', kind: 'allow_always' }
  const options = [accept, ...(persists.includes('session') ? [acceptForSession] : []), ...(persists.includes('always') ? [always] : []), decline]
  const url = textField(params, 'url')
  const persist: Readonly<Record<string, string>> = { acceptForSession: 'session', acceptAlways: 'always' }
  return {
    questions: [
      {
        title: textField(params, 'message') || `The MCP server ${textField(params, 'serverName') ?? ''} asks something`,
        options,
        input: isCall ? field(meta, 'tool_params') : { ...(url !== undefined && { url }), schema: field(params, 'requestedSchema') },
      },
    ],
    result([choice]) {
      const optionId = choice?.optionId
      if (optionId === undefined) return { action: 'cancel', content: null, _meta: null }
      if (optionId === 'decline') return { action: 'decline', content: null, _meta: null }
      const kept = Object.hasOwn(persist, optionId) ? { persist: persist[optionId] } : null
      return { action: 'accept', content: isCall ? {} : (fieldsOf(choice?.input) ?? {}), _meta: kept }
    },
    optionOf(result) {
      const action = textField(result, 'action')
      if (action === 'decline') return 'decline'
      if (action !== 'accept') return undefined
      const kept = textField(field(result, '_meta'), 'persist')
      return Object.keys(persist).find((id) => persist[id] === kept) ?? 'accept'
    },
  }
}

/** Questions of the model's own. The person chooses one of its answers, or gives another in words. */
function userInput(params: unknown): ServerRequest {
  const asked = listField(params, 'questions')
  const itemId = itemIdOf(params)
  return {
    questions: asked.map((question) => {
      const options = listField(question, 'options').flatMap((option): PermissionOption[] => {
        const label = textField(option, 'label')
        return label === undefined ? [] : [{ id: label, label, kind: 'allow_once' }]
      })
      return { title: textField(question, 'question') || textField(question, 'header') || '?', options: options.length > 0 ? options : [{ id: 'answer', label: 'Answer', kind: 'allow_once' }] }
    }),
    ...(itemId !== undefined && { itemId }),
    result: (choices) => ({
      answers: Object.fromEntries(
        asked.flatMap((question, index) => {
          const id = textField(question, 'id')
          const { optionId, text } = choices[index] ?? {}
          const said = text ?? (optionId === 'answer' && listField(question, 'options').length === 0 ? undefined : optionId)
          return id === undefined || said === undefined ? [] : [[id, { answers: [said] }]]
        }),
      ),
    }),
    optionOf: (result) => {
      const [first] = Object.values(fieldsOf(field(result, 'answers')) ?? {})
      const [said] = listField(first, 'answers')
      return typeof said === 'string' ? said : undefined
    },
  }
}

const itemIdOf = (params: unknown): string | undefined => textField(params, 'itemId')
function sameJson(one: unknown, other: unknown): boolean {
  const text = jsonText(one)
  return text !== undefined && text === jsonText(other)
}
