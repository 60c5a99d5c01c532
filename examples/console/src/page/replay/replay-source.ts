import type { AgentSession, AgentStore, SessionMessage, SessionRecord } from '@agent-session/core'

export interface ReplaySource {
  readonly record: SessionRecord
  readonly messages: readonly SessionMessage[]
}

const pageSize = 500

/** All of a session as it stands, from storage, a page at a time. Rejects where it cannot be read; gives up when told to. */
export async function readReplaySource(store: AgentStore, session: AgentSession, { signal, onread }: { readonly signal: AbortSignal; readonly onread: (messages: number) => void }): Promise<ReplaySource> {
  const { record, lastSeqId } = session
  const messages: SessionMessage[] = []
  for (let after = 0; after < lastSeqId; after += pageSize) {
    signal.throwIfAborted()
    messages.push(...(await store.loadMessages(session.sessionId, { after, before: Math.min(after + pageSize, lastSeqId) + 1 })))
    onread(messages.length)
  }
  signal.throwIfAborted()
  return { record, messages }
}
