import type { AgentStore } from '@agent-session/core'
import { exportSession } from '@agent-session/core/transfer'

/** Gives a session to the person as a file. Rejects where it cannot be read. */
export async function saveSession(store: AgentStore, sessionId: string, title: string): Promise<void> {
  const lines: string[] = []
  for await (const line of exportSession(store, sessionId)) lines.push(`${line}\n`)
  const url = URL.createObjectURL(new Blob(lines, { type: 'application/jsonl' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${fileName(title)}.jsonl`
  link.click()
  // The browser has taken hold of it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}

/** What every file system takes, and a person still knows it by. */
const fileName = (title: string): string => title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '').slice(0, 60) || 'session'
