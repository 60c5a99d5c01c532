import type { PermissionReply } from '../session/agent-session.ts'
import type { CommandResult } from '../session/command-result.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { PermissionRequest } from '../session/session-record.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { LiveListeners, type Live } from './live.ts'

/** A question that a run waits on, with where it was asked. */
export interface OpenPermission extends PermissionRequest {
  readonly sessionId: string
  readonly projectId: string
}

/** The questions that wait for a person, whichever session asks. */
export interface PermissionList extends Live {
  /** Oldest first, `pending` or `answering`; the same array until one comes, is answered or goes, and one that is as it was keeps its identity. */
  readonly permissions: readonly OpenPermission[]
  /** Answers one; as `AgentStore.respond`. */
  respond(permission: Pick<OpenPermission, 'sessionId' | 'id'>, reply: PermissionReply): Promise<CommandResult>
}

/** Of one project, or of all where none is named. */
export function createPermissionList(store: AgentStore, { projectId }: { readonly projectId?: string | undefined } = {}): PermissionList {
  /** Made once of each request, which is another object whenever something of it changed. */
  const made = new WeakMap<PermissionRequest, OpenPermission>()
  let listed: readonly OpenPermission[] = []

  const read = (): readonly OpenPermission[] => {
    const open = store.liveSessions(projectId).flatMap((session) =>
      session.permissions.filter(isOpen).map((request) => {
        const permission = made.get(request) ?? { ...request, sessionId: session.sessionId, projectId: session.projectId }
        made.set(request, permission)
        return permission
      }),
    )
    open.sort((a, b) => a.askedAt - b.askedAt)
    if (open.length !== listed.length || open.some((permission, index) => permission !== listed[index])) listed = open
    return listed
  }
  const listeners = new LiveListeners(() => [
    store.on('change', ({ changes }) => void (changes.some(isHeard) && listeners.tell())),
    // What happened while the line to the store was down was not heard.
    store.on('connection', () => listeners.tell()),
  ])
  return {
    get permissions() {
      return read()
    },
    respond: ({ sessionId, id }, reply) => store.respond(sessionId, id, reply),
    subscribe: (listener) => listeners.subscribe(listener),
  }
}

/** Whether a change may be one of the questions: text that streams is not. */
const isHeard = (change: SessionChange): boolean =>
  change.type === 'opened' || change.type === 'removed' || (change.type === 'session-updated' && ('permissions' in change.patch || 'live' in change.patch))

const isOpen = ({ state }: PermissionRequest): boolean => state === 'pending' || state === 'answering'
