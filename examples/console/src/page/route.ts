/** What the page shows, as the address bar says it: `#/PROJECT`, `#/PROJECT/SESSION`, `#/PROJECT/SESSION/7`, `#/PROJECT/SESSION/replay`, `#/PROJECT/+`. */
export interface Route {
  readonly projectId: string | undefined
  /** `current` follows the project from session to session; `new` begins one with the next prompt. */
  readonly view: 'current' | 'new' | 'session'
  readonly sessionId: string | undefined
  /** The message of the session that is looked for; `undefined`: none in particular. */
  readonly seqId: number | undefined
  /** The session is shown as it happened. */
  readonly replays: boolean
}

export function readRoute(hash: string): Route {
  const [project = '', session = '', message = ''] = hash.replace(/^#\/?/, '').split('/')
  const projectId = decode(project)
  if (session === '+') return { projectId, view: 'new', sessionId: undefined, seqId: undefined, replays: false }
  const sessionId = decode(session)
  const seqId = sessionId !== undefined && /^[1-9]\d{0,14}$/.test(message) ? Number(message) : undefined
  return { projectId, view: sessionId === undefined ? 'current' : 'session', sessionId, seqId, replays: sessionId !== undefined && message === 'replay' }
}

export const currentHref = (projectId: string): string => `#/${encodeURIComponent(projectId)}`
export const sessionHref = (projectId: string, sessionId: string): string => `${currentHref(projectId)}/${encodeURIComponent(sessionId)}`
export const messageHref = (projectId: string, sessionId: string, seqId: number): string => `${sessionHref(projectId, sessionId)}/${seqId}`
export const replayHref = (projectId: string, sessionId: string): string => `${sessionHref(projectId, sessionId)}/replay`
/** A plus sign of an id would be encoded: no session is ever meant by it. */
export const newHref = (projectId: string): string => `${currentHref(projectId)}/+`

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined
  } catch {
    return undefined
  }
}
