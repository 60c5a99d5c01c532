import type { SessionMessage } from '@agent-session/core'

// An agent's words are data: they move no cursor and colour nothing.
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '')

/** Writes what is new in a session's messages, as it comes. */
export function createProgress(write: (text: string) => void): (messages: readonly SessionMessage[]) => void {
  const written = new Map<string, number>()
  return (messages) => {
    for (const { id, role, content, toolName, toolPath } of messages) {
      const text = plain(role === 'tool-call' ? `[${toolName ?? 'tool'}] ${toolPath ?? ''}` : content)
      const from = written.get(id)
      write(from === undefined ? `\n${text}` : text.slice(from))
      written.set(id, text.length)
    }
  }
}
