import { AgentSessionError, errorText, type AgentSessionErrorCode } from '@agent-session/core'

/** What the names of exceptions mean to the user of a storage, and what to do. */
const meanings: Readonly<Record<string, readonly [code: AgentSessionErrorCode, advice: string]>> = {
  QuotaExceededError: ['storage-full', ': make room, or delete sessions'],
  NotFoundError: ['storage-newer-schema', ': a newer version of this app wrote it, reload the page'],
}

/** The library's error for whatever IndexedDB told or threw; while it is opened, whatever has no meaning of its own keeps it from being used at all. */
export function storageError(thrown: unknown, title: string, opening = false): AgentSessionError {
  if (AgentSessionError.isInstance(thrown)) return thrown
  const known = thrown instanceof Error ? meanings[thrown.name] : undefined
  const [code, advice] = known ?? (opening ? ['storage-unavailable', ': a private window may have none'] : ['storage-failed', ''])
  return new AgentSessionError(code, `${title}: ${wordsOf(thrown)}${advice}`, { cause: thrown })
}

/** Some of the browser's own have a name and nothing else. */
const wordsOf = (thrown: unknown): string => errorText(thrown) || String(thrown)
