import { field, type Fields, fieldsOf, textField } from '@agent-session/core/transport'
import { pickFields } from './pick-fields.ts'

/** What the back end says beside the words: kept, and sent back, since the model's provider may ask for it. */
interface WithExtras {
  readonly extras: Fields
}

interface ToolInput extends WithExtras {
  readonly toolCallId: string
  readonly toolName: string
  readonly dynamic: boolean
  readonly title?: string
}

/** One chunk of a UI message stream that is known and whole. */
export type UiChunk =
  | (WithExtras & { readonly type: 'text-start' | 'reasoning-start' | 'text-end' | 'reasoning-end'; readonly id: string })
  | (WithExtras & { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string })
  | (ToolInput & { readonly type: 'tool-input-start' })
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string }
  | (ToolInput & { readonly type: 'tool-input-available'; readonly input: unknown })
  | (ToolInput & { readonly type: 'tool-input-error'; readonly input: unknown; readonly errorText: string })
  | (WithExtras & { readonly type: 'tool-output-available'; readonly toolCallId: string; readonly output: unknown; readonly preliminary: boolean })
  | (WithExtras & { readonly type: 'tool-output-error'; readonly toolCallId: string; readonly errorText: string })
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | (WithExtras & { readonly type: 'tool-approval-request'; readonly toolCallId: string; readonly approvalId: string; readonly isAutomatic: boolean; readonly reason?: string })
  | { readonly type: 'tool-approval-response'; readonly approvalId: string; readonly approved: boolean; readonly reason?: string }
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string; readonly part: Fields }
  | { readonly type: 'reasoning-file'; readonly part: Fields }
  | { readonly type: 'source-url' | 'source-document'; readonly part: Fields }
  | { readonly type: 'custom'; readonly part: Fields }
  | { readonly type: 'steering-message'; readonly id: string; readonly text: string; readonly part: Fields }
  | { readonly type: 'data'; readonly name: `data-${string}`; readonly id?: string; readonly data: unknown; readonly transient: boolean }
  | { readonly type: 'start'; readonly messageId?: string; readonly metadata?: unknown }
  | { readonly type: 'message-metadata'; readonly metadata?: unknown }
  | { readonly type: 'finish'; readonly finishReason?: string; readonly metadata?: unknown }
  | { readonly type: 'start-step' | 'finish-step' | 'reset-step' }
  | { readonly type: 'abort'; readonly reason?: string }
  | { readonly type: 'error'; readonly errorText: string }

/** A chunk of the protocol of the AI SDK's versions 5 to 7; `undefined` where it is none, or lacks what it must have. */
export function readChunk(value: unknown): UiChunk | undefined {
  const type = textField(value, 'type')
  switch (type) {
    case 'text-start':
    case 'reasoning-start':
    case 'text-end':
    case 'reasoning-end': {
      const id = textField(value, 'id')
      return id === undefined ? undefined : { type, id, extras: pickFields(value, ['providerMetadata', 'citations']) }
    }
    case 'text-delta':
    case 'reasoning-delta': {
      const [id, delta] = [textField(value, 'id'), textField(value, 'delta')]
      return id === undefined || delta === undefined ? undefined : { type, id, delta, extras: pickFields(value, ['providerMetadata']) }
    }
    case 'tool-input-start': {
      const tool = toolInput(value)
      return tool && { type, ...tool }
    }
    case 'tool-input-available': {
      const tool = toolInput(value)
      return tool && { type, ...tool, input: field(value, 'input') }
    }
    case 'tool-input-error': {
      const [tool, errorText] = [toolInput(value), textField(value, 'errorText')]
      return tool && errorText !== undefined ? { type, ...tool, input: field(value, 'input'), errorText } : undefined
    }
    case 'tool-input-delta':
    case 'tool-output-denied': {
      const toolCallId = textField(value, 'toolCallId')
      return toolCallId === undefined ? undefined : { type, toolCallId }
    }
    case 'tool-output-available': {
      const toolCallId = textField(value, 'toolCallId')
      if (toolCallId === undefined) return undefined
      return { type, toolCallId, output: field(value, 'output'), preliminary: field(value, 'preliminary') === true, extras: resultExtras(value) }
    }
    case 'tool-output-error': {
      const [toolCallId, errorText] = [textField(value, 'toolCallId'), textField(value, 'errorText')]
      return toolCallId === undefined || errorText === undefined ? undefined : { type, toolCallId, errorText, extras: resultExtras(value) }
    }
    case 'tool-approval-request': {
      const [toolCallId, approvalId] = [textField(value, 'toolCallId'), textField(value, 'approvalId')]
      if (toolCallId === undefined || approvalId === undefined) return undefined
      // What is signed goes back as it came: a back end that signs checks it.
      const extras = { ...pickFields(value, ['signature', 'inputSchemaInput']), ...renamed(value, 'approvalDescriptor', 'descriptor'), ...renamed(value, 'reason', 'requestReason') }
      return { type, toolCallId, approvalId, isAutomatic: field(value, 'isAutomatic') === true, ...optionalText(value, 'reason'), extras }
    }
    case 'tool-approval-response': {
      const [approvalId, approved] = [textField(value, 'approvalId'), field(value, 'approved')]
      return approvalId === undefined || typeof approved !== 'boolean' ? undefined : { type, approvalId, approved, ...optionalText(value, 'reason') }
    }
    case 'file': {
      const [url, mediaType] = [textField(value, 'url'), textField(value, 'mediaType')]
      return url === undefined || mediaType === undefined ? undefined : { type, url, mediaType, part: pickFields(value, ['url', 'mediaType', 'filename', 'providerMetadata']) }
    }
    case 'reasoning-file': {
      const part = pickFields(value, ['url', 'mediaType', 'providerMetadata'])
      return textField(part, 'url') === undefined || textField(part, 'mediaType') === undefined ? undefined : { type, part }
    }
    case 'source-url':
      return textField(value, 'url') === undefined ? undefined : { type, part: pickFields(value, ['sourceId', 'url', 'title', 'providerMetadata']) }
    case 'source-document':
      return textField(value, 'title') === undefined ? undefined : { type, part: pickFields(value, ['sourceId', 'mediaType', 'title', 'filename', 'providerMetadata']) }
    case 'custom':
      return textField(value, 'kind') === undefined ? undefined : { type, part: pickFields(value, ['kind', 'providerMetadata']) }
    case 'steering-message': {
      const [id, parts] = [textField(value, 'id'), field(value, 'parts')]
      if (id === undefined || !Array.isArray(parts)) return undefined
      return { type, id, text: parts.flatMap((part) => textField(part, 'text') ?? []).join('\n'), part: pickFields(value, ['id', 'parts']) }
    }
    case 'start':
      return { type, ...optionalText(value, 'messageId'), ...metadataOf(value) }
    case 'message-metadata':
      return { type, ...metadataOf(value) }
    case 'finish':
      return { type, ...optionalText(value, 'finishReason'), ...metadataOf(value) }
    case 'start-step':
    case 'finish-step':
    case 'reset-step':
      return { type }
    case 'abort':
      return { type, ...optionalText(value, 'reason') }
    case 'error': {
      const errorText = textField(value, 'errorText')
      return errorText === undefined ? undefined : { type, errorText }
    }
    default:
      if (type === undefined || !isDataName(type)) return undefined
      return { type: 'data', name: type, ...optionalText(value, 'id'), data: field(value, 'data'), transient: field(value, 'transient') === true }
  }
}

function toolInput(value: unknown): ToolInput | undefined {
  const [toolCallId, toolName] = [textField(value, 'toolCallId'), textField(value, 'toolName')]
  if (toolCallId === undefined || toolName === undefined || toolName === '') return undefined
  const extras = { ...pickFields(value, ['providerExecuted', 'title', 'toolMetadata']), ...renamed(value, 'providerMetadata', 'callProviderMetadata') }
  return { toolCallId, toolName, dynamic: field(value, 'dynamic') === true, ...optionalText(value, 'title'), extras }
}

const resultExtras = (value: unknown): Fields => ({ ...pickFields(value, ['providerExecuted']), ...renamed(value, 'providerMetadata', 'resultProviderMetadata') })

function renamed(value: unknown, from: string, to: string): Fields {
  const found = field(value, from)
  return found === undefined || found === null ? {} : { [to]: found }
}

function optionalText<Name extends string>(value: unknown, name: Name): { readonly [Key in Name]?: string } {
  const found = textField(value, name)
  // A computed name makes a type that TypeScript widens; the object is made of it alone.
  const made: { [Key in Name]?: string } = {}
  if (found !== undefined) made[name] = found
  return made
}

function metadataOf(value: unknown): { readonly metadata?: Fields } {
  const metadata = fieldsOf(field(value, 'messageMetadata'))
  return metadata === undefined ? {} : { metadata }
}

const isDataName = (type: string): type is `data-${string}` => type.startsWith('data-')
