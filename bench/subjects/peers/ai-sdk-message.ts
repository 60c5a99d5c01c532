import type { HeldMessage } from '../held-message.ts'

/** What of the AI SDK's `UIMessage` is used here; the two adapters each bring a version of their own. */
export interface UiMessage {
  readonly id: string
  readonly role: 'system' | 'user' | 'assistant'
  readonly parts: readonly { readonly type: string; readonly text?: string }[]
}

export const uiMessage = ({ id, role, content }: HeldMessage) => ({ id, role, parts: [{ type: 'text' as const, text: content }] })

export function textOf({ parts }: UiMessage): string {
  const last = parts.at(-1)
  return last?.type === 'text' ? (last.text ?? '') : ''
}
