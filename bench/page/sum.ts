/** Reads every message's text. */
export function sumOf(messages: Iterable<{ readonly content: string }>): number {
  let characters = 0
  for (const { content } of messages) characters += content.length
  return characters
}
