import { errorText, type AgentSessionError } from '../errors.ts'
import type { SessionChange, StatePatch } from '../session/session-change.ts'
import type { StoreChange, StoreEvents } from '../store/agent-store.ts'

/** One thing that happened in a store, in words and as plain data. It holds on to no message. */
export interface TimelineEntry {
  /** Rises with each. */
  readonly id: number
  /** Epoch ms. */
  readonly at: number
  /** `stream` (text came), `save` (stored, or not), `session` (any other change of one), or the event of the store. */
  readonly kind: 'session' | 'stream' | 'save' | Exclude<keyof StoreEvents, 'change'>
  readonly level: 'info' | 'warning' | 'error'
  readonly title: string
  /** How many notices it stands for: what streams, and what is saved meanwhile, is one entry each. */
  readonly count: number
  /** Absent where it is about none. */
  readonly sessionId?: string
  /** Absent where it is about none, and where its session is gone. */
  readonly projectId?: string
  /** What there is to know beside the title. */
  readonly detail: unknown
}

/** An entry that has no place in a timeline yet. */
export type Told = Pick<TimelineEntry, 'kind' | 'level' | 'title' | 'detail'>

/** What one notice of a session tells: what happened in it, and apart from that, how its saving went. */
export function toldOfChange({ changes }: StoreChange): Told[] {
  const parts = changes.map(told).filter((part) => part !== undefined)
  const saved = changes.findLast((change) => change.type === 'session-updated' && isOutcome(change.patch.saved))
  return [
    ...(parts.length > 0 ? [together(parts)] : []),
    ...(saved?.type === 'session-updated' ? [toldOfSaving(saved.patch)] : []),
  ]
}

const isOutcome = (saved: StatePatch['saved']): boolean => saved === 'saved' || saved === 'failing'

const toldOfSaving = ({ saved }: StatePatch): Told =>
  saved === 'failing'
    ? { kind: 'save', level: 'warning', title: 'not saved: it is tried again', detail: { saved } }
    : { kind: 'save', level: 'info', title: 'saved', detail: { saved } }

const levels = ['info', 'warning', 'error'] as const

function together(parts: readonly Told[]): Told {
  return {
    kind: parts.every(({ kind }) => kind === 'stream') ? 'stream' : 'session',
    level: levels[Math.max(...parts.map(({ level }) => levels.indexOf(level)))] ?? 'info',
    title: [...new Set(parts.map(({ title }) => title))].join(' · '),
    detail: parts.length === 1 ? parts[0]?.detail : parts.map(({ detail }) => detail),
  }
}

/** What is said of one change; `undefined` where it is bookkeeping alone. */
function told(change: SessionChange): Told | undefined {
  const { type } = change
  const entry = (title: string, detail: object): Told => ({ kind: 'session', level: 'info', title, detail: { type, ...detail } })
  switch (type) {
    case 'opened':
      return entry('opened', { status: change.state.status, live: change.state.live, messages: change.messages.length, hasOlder: change.hasOlder })
    case 'removed':
      return entry('removed', {})
    case 'listed':
      return entry('changed in storage', { summary: change.summary })
    case 'messages-appended':
      return entry(counted(change.messages.length, 'message came', 'messages came'), {
        messages: change.messages.map(({ seqId, id, role }) => ({ seqId, id, role })),
      })
    case 'message-extended':
      return { ...entry('text streams', { id: change.id, from: change.offset, characters: change.text.length }), kind: 'stream' }
    case 'message-replaced': {
      const { seqId, id, role, toolName, toolState } = change.message
      return entry(toolName === undefined ? 'a message changed' : `${toolName}: ${toolState ?? 'changed'}`, { seqId, id, role })
    }
    case 'messages-retracted':
      return entry(counted(change.ids.length, 'message was taken back', 'messages were taken back'), { ids: change.ids })
    case 'session-updated':
      return toldOfPatch(change.patch)
  }
}

const counted = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`)

/** Fields that change with everything, or are told by themselves. */
const quiet: ReadonlySet<string> = new Set(['updatedAt', 'lastSeqId', 'usageBeforeRun', 'saved'] satisfies (keyof StatePatch)[])

function toldOfPatch(patch: StatePatch): Told | undefined {
  const fields = Object.entries(patch).filter(([name]) => !quiet.has(name))
  if (fields.length === 0) return undefined
  const title = fields.map(([name, value]) => titleOfField(name, value)).join(', ')
  const level = patch.status === 'error' ? 'error' : patch.stall !== undefined || patch.continuity !== undefined ? 'warning' : 'info'
  // A list by its length: a queue may hold pictures.
  const values = fields.map(([name, value]) => [name, Array.isArray(value) ? value.length : value])
  return { kind: 'session', level, title, detail: { type: 'session-updated', ...Object.fromEntries(values) } }
}

function titleOfField(name: string, value: unknown): string {
  if (value === undefined) return `no ${name}`
  return typeof value !== 'object' && String(value).length <= 40 ? `${name}: ${String(value)}` : name
}

const levelOf = { success: 'info', info: 'info', warning: 'warning', error: 'error' } as const

export const toldOfNotification = ({ variant, message }: StoreEvents['notification']): Told => ({
  kind: 'notification',
  level: levelOf[variant],
  title: message,
  detail: { variant },
})

export const toldOfError = (kind: 'warning' | 'error', { code, message, cause }: AgentSessionError): Told => ({
  kind,
  level: kind,
  title: `${code}: ${message}`,
  detail: { code, message, ...(cause !== undefined && { cause: errorText(cause) }) },
})

export const toldOfConnection = (connection: StoreEvents['connection']): Told => ({
  kind: 'connection',
  level: connection.state === 'connected' ? 'info' : 'warning',
  title: connection.state,
  detail: connection,
})

export const toldOfWriter = (writer: StoreEvents['writer']): Told => ({
  kind: 'writer',
  level: writer.state === 'reading' ? 'warning' : 'info',
  title: writer.state,
  detail: writer,
})
