import type { SessionMessage } from '@agent-session/core'

// An agent's words are data: they move no cursor and colour nothing.
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '')

/** Writes what is new in a session's messages, as it comes. */
export function createProgress(write: (text: string) => void): (messages: readonly SessionMessage[]) => void {
  const written = new Map<string, number>()
  return (messages) => {
    for (const { id, role, content, toolName, toolPath } of messages) {
      const text = plain(role === 'tool-call' ? `[${toolName ?? 'tool'}] ${toolPath ?? ''}` : content)
      write(written.has(id) ? text.slice(written.get(id)) : `\n${text}`)
      written.set(id, text.length)
    }
  }
}
