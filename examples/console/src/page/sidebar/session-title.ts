import type { AgentStore } from '@agent-session/core'
import { cleanText } from '../text/clean-text.ts'
import { firstLine } from '../text/format.ts'

/** The first prompts of sessions whose agent gives no title, by session. */
const firstPrompts = new WeakMap<AgentStore, Map<string, Promise<string>>>()

/** What a session is called: by its agent, else by its first prompt. */
export async function sessionTitle(store: AgentStore, sessionId: string, title: string | undefined): Promise<string> {
  if (title !== undefined && title.trim() !== '') return firstLine(cleanText(title))
  const known = firstPrompts.get(store) ?? new Map<string, Promise<string>>()
  firstPrompts.set(store, known)
  const found = known.get(sessionId) ?? firstPrompt(store, sessionId)
  known.set(sessionId, found)
  // What failed, or was not there yet, is asked for again.
  void found.then(
    (text) => text === '' && known.delete(sessionId),
    () => known.delete(sessionId),
  )
  return (await found.catch(() => '')) || 'Untitled'
}

async function firstPrompt(store: AgentStore, sessionId: string): Promise<string> {
  const [first] = await store.loadMessages(sessionId, { after: 0, before: 2 })
  return first === undefined ? '' : firstLine(cleanText(first.content))
}
