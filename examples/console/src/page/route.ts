/** What the page shows, as the address bar says it: `#/PROJECT`, `#/PROJECT/SESSION`, `#/PROJECT/+`. */
export interface Route {
  readonly projectId: string | undefined
  /** `current` follows the project from session to session; `new` begins one with the next prompt. */
  readonly view: 'current' | 'new' | 'session'
  readonly sessionId: string | undefined
}

export function readRoute(hash: string): Route {
  const [project = '', session = ''] = hash.replace(/^#\/?/, '').split('/')
  const projectId = decode(project)
  if (session === '+') return { projectId, view: 'new', sessionId: undefined }
  const sessionId = decode(session)
  return { projectId, view: sessionId === undefined ? 'current' : 'session', sessionId }
}

export const currentHref = (projectId: string): string => `#/${encodeURIComponent(projectId)}`
export const sessionHref = (projectId: string, sessionId: string): string => `${currentHref(projectId)}/${encodeURIComponent(sessionId)}`
/** A plus sign of an id would be encoded: no session is ever meant by it. */
export const newHref = (projectId: string): string => `${currentHref(projectId)}/+`

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined
  } catch {
    return undefined
  }
}
