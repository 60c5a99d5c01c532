import type { PermissionOption, PermissionQuestion } from '@agent-session/core'
import { field, type Fields, fieldsOf, listField, textField } from '@agent-session/core/transport'

/** What the program asks before it calls a tool. */
export interface ToolRequest {
  readonly toolName: string
  readonly input: Fields
  /** The third argument of `canUseTool`. */
  readonly details: unknown
}

/** The answer that the program takes. */
export type ToolVerdict =
  | { readonly behavior: 'allow'; readonly updatedInput: Fields; readonly updatedPermissions?: readonly unknown[] }
  | { readonly behavior: 'deny'; readonly message: string; readonly interrupt?: boolean }

/** A person's answer. */
export interface Answer {
  readonly optionId: string
  readonly input?: unknown
  readonly text?: string
}

/** A question, and what becomes of its answers. */
export interface Asked {
  readonly question: PermissionQuestion
  readonly request: ToolRequest
}

/** Nobody has answered, and nobody will. */
export const unanswered: ToolVerdict = { behavior: 'deny', message: 'The question was not answered.' }

export function askQuestion(request: ToolRequest, about: Pick<PermissionQuestion, 'id' | 'toolCallId' | 'parentId'>, knownInput: unknown): Asked {
  const { toolName, input, details } = request
  // A plan is in the call and not in the question, which is about it.
  const shown = Object.keys(input).length === 0 ? (knownInput ?? input) : input
  return { request, question: { ...about, title: titleOf(toolName, input, details), input: shown, options: optionsOf(request) } }
}

/** What an answer tells the program; text where it cannot be given. The option is one of the question's. */
export function verdictOf({ request }: Asked, { optionId, input: changed, text }: Answer): ToolVerdict | string {
  const { input } = request
  if (optionId === 'deny') return { behavior: 'deny', message: text === undefined || text === '' ? 'The user said no.' : text }
  const given = changed === undefined ? input : fieldsOf(changed)
  if (given === undefined) return 'Changed arguments of a tool have to be an object'
  const [question] = questionsOf(request)
  if (question !== undefined) {
    const answer = optionId.startsWith(chosen) ? question.choices[Number(optionId.slice(chosen.length))] : text
    const answers = answer === undefined || answer === '' ? {} : { answers: { [question.words]: answer } }
    return { behavior: 'allow', updatedInput: { ...input, ...answers, ...(changed !== undefined && given) } }
  }
  if (optionId !== 'always') return { behavior: 'allow', updatedInput: given }
  return { behavior: 'allow', updatedInput: given, updatedPermissions: lastingOf(request) }
}

const chosen = 'choose-'

const once = (label: string, id = 'allow'): PermissionOption => ({ id, label, kind: 'allow_once' })
const no = (label: string): PermissionOption => ({ id: 'deny', label, kind: 'reject_once' })

function optionsOf(request: ToolRequest): PermissionOption[] {
  const questions = questionsOf(request)
  if (questions.length > 0) {
    const [only] = questions
    const choices = questions.length === 1 && only?.many === false ? only.choices.map((choice, index) => once(choice, `${chosen}${index}`)) : []
    return [...choices, once('Answer'), no('Do not answer')]
  }
  const lasting = lastingOf(request)
  const always: PermissionOption[] = lasting.length === 0 ? [] : [{ id: 'always', label: lastingLabel(request, lasting), kind: 'allow_always' }]
  return request.toolName === 'ExitPlanMode'
    ? [once('Go ahead'), ...always, no('Keep planning')]
    : [once('Allow'), ...always, no('Deny')]
}

/** What "always" changes: what the program suggests, but for this session only: nothing is written into settings files. */
function lastingOf({ toolName, details }: ToolRequest): readonly Fields[] {
  if (toolName === 'ExitPlanMode') return [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }]
  if (field(details, 'suppressAlwaysAllowRule') === true) return []
  return listField(details, 'suggestions').flatMap((suggestion) => {
    const fields = fieldsOf(suggestion)
    return fields === undefined ? [] : [{ ...fields, destination: 'session' }]
  })
}

/** All that the answer would cover, so that nobody says yes to more than they have read. */
function lastingLabel({ toolName }: ToolRequest, lasting: readonly Fields[]): string {
  if (toolName === 'ExitPlanMode') return 'Go ahead, edits need no question in this session'
  const parts = lasting.flatMap((change): string[] => {
    switch (change['type']) {
      case 'addRules':
        return listField(change, 'rules').map((rule) => {
          const content = textField(rule, 'ruleContent')
          return `${textField(rule, 'toolName') ?? toolName}${content === undefined ? '' : `(${content})`}`
        })
      case 'addDirectories':
        return listField(change, 'directories').map((directory) => `folder ${String(directory)}`)
      case 'setMode':
        return [`mode ${String(change['mode'])}`]
      default:
        return [String(change['type'])]
    }
  })
  return `Always allow in this session: ${parts.join(', ')}`
}

interface AskedQuestion {
  readonly words: string
  readonly choices: readonly string[]
  /** Whether more than one choice may be taken. */
  readonly many: boolean
}

/** The questions to a person, where the tool is the one that asks them. */
function questionsOf({ toolName, input }: ToolRequest): AskedQuestion[] {
  if (toolName !== 'AskUserQuestion') return []
  return listField(input, 'questions').flatMap((question) => {
    const words = textField(question, 'question')
    if (words === undefined) return []
    const choices = listField(question, 'options').flatMap((option) => textField(option, 'label') ?? [])
    return [{ words, choices, many: field(question, 'multiSelect') === true }]
  })
}

function titleOf(toolName: string, input: Fields, details: unknown): string {
  const questions = questionsOf({ toolName, input, details })
  if (questions.length > 0) return questions.map(({ words }) => words).join('\n')
  if (toolName === 'ExitPlanMode') return 'Carry out this plan?'
  const told = textField(details, 'title')
  if (told !== undefined && told !== '') return told
  const name = (textField(details, 'displayName') ?? toolName) || 'Tool'
  const description = textField(details, 'description')
  const reason = textField(details, 'decisionReason')
  return `${name}${description === undefined ? '' : `: ${description}`}${reason === undefined ? '' : ` (${reason})`}`
}
