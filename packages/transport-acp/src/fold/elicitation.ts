import type { PermissionOption } from '@agent-session/core'
import { field, fieldsOf, listField, textField } from '@agent-session/core/transport'

/** What a person may put into a field of a form. */
type FormValue = string | number | boolean | string[]

/** The answer to a form, as the protocol has it. */
export type FormAnswer =
  | { readonly action: 'accept'; readonly content: Record<string, FormValue> }
  | { readonly action: 'decline' }
  | { readonly action: 'cancel' }

/** Something that the agent wants to know, or a page that it wants opened: a question with a form. */
export interface Elicitation {
  readonly title: string
  /** For whoever shows it: `{ mode: 'form', requestedSchema }` or `{ mode: 'url', url }`. */
  readonly input: unknown
  readonly options: readonly PermissionOption[]
  /** The one field that is a choice, whose values are options of their own. */
  readonly choiceField?: string
  /** The one field that takes any words. */
  readonly wordsField?: string
}

const accept = 'accept'
const decline = 'decline'
const choice = 'choice:'

/** `undefined` where it is no form and no page that can be shown. */
export function readElicitation(params: unknown): Elicitation | undefined {
  const title = textField(params, 'message')
  if (title === undefined) return undefined
  if (textField(params, 'mode') === 'url') return urlQuestion(title, textField(params, 'url'))
  const requestedSchema = field(params, 'requestedSchema')
  const properties = fieldsOf(field(requestedSchema, 'properties'))
  if (properties === undefined) return undefined
  const names = Object.keys(properties)
  const choiceFields = names.filter((name) => choicesOf(properties[name]).length > 0)
  const wordFields = names.filter((name) => textField(properties[name], 'type') === 'string' && !choiceFields.includes(name))
  const [choiceField] = choiceFields.length === 1 && choiceFields.length + wordFields.length === names.length ? choiceFields : []
  const [wordsField] = wordFields.length === 1 ? wordFields : []
  const choices = choiceField === undefined ? [] : choicesOf(properties[choiceField])
  return {
    title,
    input: { mode: 'form', requestedSchema },
    options: [
      ...choices.map(({ value, label }): PermissionOption => ({ id: choice + value, label, kind: 'allow_once' })),
      ...(choices.length > 0 ? [] : [{ id: accept, label: 'Answer', kind: 'allow_once' as const }]),
      { id: decline, label: 'Decline', kind: 'reject_once' },
    ],
    ...(choiceField !== undefined && { choiceField }),
    ...(wordsField !== undefined && { wordsField }),
  }
}

function urlQuestion(title: string, url: string | undefined): Elicitation | undefined {
  // Nothing but a web page is to be opened for an agent.
  if (url === undefined || !/^https?:\/\//i.test(url)) return undefined
  const options = [
    { id: accept, label: 'Open', kind: 'allow_once' as const },
    { id: decline, label: 'Decline', kind: 'reject_once' as const },
  ]
  return { title, input: { mode: 'url', url }, options }
}

/** What the person's answer is in the protocol; `undefined` where their input is no answer to the form. */
export function formAnswer(asked: Elicitation, optionId: string | undefined, input: unknown, text: string | undefined): FormAnswer | undefined {
  if (optionId === undefined) return { action: 'cancel' }
  if (optionId === decline) return { action: 'decline' }
  const given = input === undefined ? {} : formContent(input)
  if (given === undefined) return undefined
  const { choiceField, wordsField } = asked
  const chosen = choiceField !== undefined && optionId.startsWith(choice) ? { [choiceField]: optionId.slice(choice.length) } : {}
  const words = wordsField !== undefined && text !== undefined && text !== '' ? { [wordsField]: text } : {}
  return { action: 'accept', content: { ...chosen, ...words, ...given } }
}

/** The option that an answer is. */
export function chosenOption({ options, choiceField }: Elicitation, answer: unknown): string | undefined {
  const action = textField(answer, 'action')
  if (action === decline) return decline
  if (action !== accept) return undefined
  const value = choiceField === undefined ? undefined : textField(field(answer, 'content'), choiceField)
  const chosen = options.find(({ id }) => id === (value === undefined ? accept : choice + value))
  return chosen?.id ?? accept
}

function formContent(input: unknown): Record<string, FormValue> | undefined {
  const fields = fieldsOf(input)
  if (fields === undefined) return undefined
  const content: Record<string, FormValue> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!isFormValue(value) || name === '__proto__') return undefined
    content[name] = value
  }
  return content
}

const isFormValue = (value: unknown): value is FormValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || (Array.isArray(value) && value.every((one) => typeof one === 'string'))

function choicesOf(property: unknown): { readonly value: string; readonly label: string }[] {
  if (textField(property, 'type') !== 'string') return []
  const titled = listField(property, 'oneOf').flatMap((one) => {
    const value = textField(one, 'const')
    return value === undefined ? [] : [{ value, label: textField(one, 'title') ?? value }]
  })
  const plain = listField(property, 'enum').flatMap((value) => (typeof value === 'string' ? [{ value, label: value }] : []))
  return [...titled, ...plain]
}
