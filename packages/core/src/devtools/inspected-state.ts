import { isoText } from '../defaults/iso-time.ts'
import type { SessionList } from '../live/session-list.ts'
import type { SessionSummary } from '../ports/session-storage.ts'
import type { AgentSession } from '../session/agent-session.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { readNodeId } from './inspected-tree.ts'

/** One thing that is known of a node, as plain data. */
export interface StateField {
  readonly key: string
  readonly value: unknown
}

/** What belongs together of the state of a node. What is absent there has no field. */
export interface StateSection {
  readonly title: string
  readonly fields: readonly StateField[]
}

/** How the node stands; nothing where there is none of that id. */
export function inspectedState(store: AgentStore, list: SessionList, nodeId: string): readonly StateSection[] {
  const target = readNodeId(nodeId)
  if (target === undefined) return []
  if (target.type === 'store') return storeState(store, list)
  if (target.type === 'project') return projectState(store, list, target.id)
  const session = store.findSession(target.id)
  const summary = list.sessions.find(({ sessionId }) => sessionId === target.id)
  return session !== undefined ? sessionState(store, session) : summary !== undefined ? storedState(summary) : []
}

const section = (title: string, values: object): StateSection => ({
  title,
  fields: Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
})

/** A list by its entries, each under its name; without entries there is no section. */
const listed = <Entry>(title: string, entries: readonly Entry[], name: (entry: Entry, index: number) => string): StateSection[] =>
  entries.length === 0 ? [] : [{ title, fields: entries.map((value, index) => ({ key: name(value, index), value })) }]

const storeState = (store: AgentStore, { sessions, hasMore, loading, error }: SessionList): StateSection[] => [
  section('Store', { connection: store.connection, writer: store.writer, capabilities: store.capabilities, retention: store.retention }),
  section('Sessions', { live: store.liveSessions().length, listed: sessions.length, more: hasMore, loading, error: error?.message }),
]

const projectState = (store: AgentStore, { sessions }: SessionList, projectId: string): StateSection[] => [
  section('Project', {
    projectId,
    current: store.getSession(projectId)?.sessionId,
    live: store.liveSessions(projectId).map(({ sessionId }) => sessionId),
    listed: sessions.filter((session) => session.projectId === projectId).length,
  }),
  section('Health', store.health(projectId) ?? {}),
]

function sessionState(store: AgentStore, session: AgentSession): StateSection[] {
  const { sessionId, projectId, provider, model, mode, title, agentSessionId, forkedFrom, pinned } = session
  const { status, live, current, run, turns, endReason, error, stall, saved, continuity, limits, budget } = session
  const { costUsd, inputTokens, outputTokens, cachedInputTokens, contextUsed, contextSize } = session
  const { createdAt, updatedAt, queue, permissions, plan } = session
  return [
    section('Session', { sessionId, projectId, provider, model, mode, title, agentSessionId, forkedFrom, pinned }),
    section('Run', { status, live, current, run, turns, endReason, error, stall: stall && { ...stall, since: isoText(stall.since) } }),
    section('Health', store.sessionHealth(sessionId) ?? {}),
    section('Transcript', {
      resident: session.messageCount,
      seqIds: [session.messageAt(0)?.seqId, session.lastMessage?.seqId],
      lastSeqId: session.lastSeqId,
      hasOlder: session.hasOlder,
    }),
    section('Usage', { costUsd, inputTokens, outputTokens, cachedInputTokens, contextUsed, contextSize, budget }),
    ...listed('Queue', queue, ({ messageId }) => messageId),
    ...listed('Permissions', permissions, ({ id }) => id),
    ...listed('Plan', plan, (_, index) => String(index + 1)),
    section('Keeping', { saved, continuity: continuity ?? 'whole', limits, createdAt: isoText(createdAt), updatedAt: isoText(updatedAt) }),
  ]
}

const storedState = ({ createdAt, updatedAt, ...summary }: SessionSummary): StateSection[] => [
  section('In storage', { ...summary, createdAt: isoText(createdAt), updatedAt: isoText(updatedAt) }),
]
