import { textOf, type UiMessage } from '../subjects/peers/ai-sdk-message.ts'

export function sumOfChat(messages: Iterable<UiMessage>): number {
  let characters = 0
  for (const message of messages) characters += textOf(message).length
  return characters
}
