import type { SessionSummary } from '../ports/session-storage.ts'
import type { AgentSession } from '../session/agent-session.ts'
import type { AgentStore } from '../store/agent-store.ts'

/** A word beside a node. */
export interface InspectedTag {
  readonly label: string
  /** How it is to be coloured. */
  readonly tone: 'quiet' | 'busy' | 'good' | 'attention' | 'bad'
}

/** The store, a project, or a session. */
export interface InspectedNode {
  /** By which `StoreInspector.state` knows it. */
  readonly id: string
  readonly label: string
  readonly tags: readonly InspectedTag[]
  /** Sessions of a project, newest first. */
  readonly children: readonly InspectedNode[]
}

/** Which node is meant by an id. */
export type NodeTarget = { readonly type: 'store' } | { readonly type: 'project' | 'session'; readonly id: string }

export function readNodeId(nodeId: string): NodeTarget | undefined {
  const [type, ...rest] = nodeId.split(':')
  if (type === 'store') return { type }
  return type === 'project' || type === 'session' ? { type, id: rest.join(':') } : undefined
}

/** The store, and its projects with their sessions: those whose label, id or project has `filter` in it, whatever its case. */
export function inspectedTree(store: AgentStore, sessions: readonly SessionSummary[], filter: string): readonly InspectedNode[] {
  const wanted = filter.trim().toLowerCase()
  const projects = new Map<string, InspectedNode[]>()
  for (const summary of sessions) {
    const node = sessionNode(summary, store.findSession(summary.sessionId))
    if (![node.label, summary.sessionId, summary.projectId].some((text) => text.toLowerCase().includes(wanted))) continue
    projects.set(summary.projectId, [...(projects.get(summary.projectId) ?? []), node])
  }
  return [
    { id: 'store', label: 'Store', tags: storeTags(store), children: [] },
    ...[...projects].map(([id, children]) => ({ id: `project:${id}`, label: id, tags: [], children })),
  ]
}

function storeTags({ connection, writer }: AgentStore): InspectedTag[] {
  return [
    { label: connection.state, tone: connection.state === 'connected' ? 'good' : 'bad' },
    { label: writer.state, tone: writer.state === 'reading' ? 'attention' : 'quiet' },
  ]
}

const tones = { running: 'busy', idle: 'quiet', done: 'good', error: 'bad' } as const

function sessionNode({ sessionId, title, provider, status }: SessionSummary, session: AgentSession | undefined): InspectedNode {
  const shown = session?.status ?? status
  const asks = session?.permissions.filter(({ state }) => state === 'pending').length ?? 0
  const tag = (holds: boolean | undefined, label: string, tone: InspectedTag['tone']): InspectedTag[] => (holds ? [{ label, tone }] : [])
  return {
    id: `session:${sessionId}`,
    label: session?.title ?? title ?? `${provider} ${sessionId.slice(0, 8)}`,
    tags: [
      { label: shown, tone: tones[shown] },
      ...tag(asks > 0, asks === 1 ? '1 question' : `${asks} questions`, 'attention'),
      ...tag(session?.stall !== undefined, 'stalled', 'attention'),
      ...tag(session?.saved === 'failing', 'not saved', 'bad'),
      ...tag(session?.continuity !== undefined, session?.continuity ?? '', 'attention'),
      ...tag(session?.current, 'current', 'quiet'),
      ...tag(session === undefined, 'in storage', 'quiet'),
    ],
    children: [],
  }
}
