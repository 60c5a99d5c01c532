import type { RetentionPolicy } from '@agent-session/core'
import { agentsSessionsPath, hostPath, limitsPath, parseAgentsSessions, parseHostInfo, parseProject, parseRetention, projectsPath, retentionPath, refusalOf, type HostInfo, type Project } from '../host-info.ts'
import { parseBounds, type SessionBounds } from '../session-bounds.ts'

/** The host does not know the token of this tab: it was started anew since. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'

  constructor() {
    super('The host was started anew: this address is of an earlier start of the console. Open the new one that it printed.')
  }
}

/** Nothing came back: why, for people. */
export class HostUnreachable extends Error {
  override readonly name = 'HostUnreachable'

  constructor(cause: unknown) {
    super(wordsFor(cause), { cause })
  }
}

function wordsFor(cause: unknown): string {
  if (cause instanceof DOMException) return 'The host does not answer: it is busy, or the network is very slow.'
  return navigator.onLine ? 'Nothing answers at this address. Does the console still run in its terminal?' : 'This browser is offline.'
}

/** Longer than a machine takes that is busy. */
const mostMs = 10_000

/** What the page asks of its host beside the sessions. */
export class HostClient {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  /** Rejects with `TokenRefused`, with `HostUnreachable`, or where something else answers than the console. */
  async info(): Promise<HostInfo> {
    return parseHostInfo(await this.#ask(hostPath))
  }

  /** Rejects with the host's own words where it refuses. */
  async addProject(project: { id: string; cwd?: string }): Promise<Project> {
    return parseProject(await this.#ask(projectsPath, { method: 'POST', body: JSON.stringify(project) }))
  }

  /** How long sessions are kept. */
  async retention(): Promise<RetentionPolicy> {
    return parseRetention(await this.#ask(retentionPath))
  }

  /** Rejects with the host's own words where it refuses. */
  async setRetention(policy: RetentionPolicy): Promise<void> {
    await this.#ask(retentionPath, { method: 'POST', body: JSON.stringify(policy) })
  }

  /** By what the agents call them, the sessions of a project that are kept here. Rejects with the host's own words where it refuses. */
  async agentsSessions(projectId: string): Promise<ReadonlyMap<string, string>> {
    return parseAgentsSessions(await this.#ask(agentsSessionsPath, { method: 'POST', body: JSON.stringify({ projectId }) }))
  }

  /** What sessions may use and how long they are waited for. */
  async limits(): Promise<SessionBounds> {
    return parseBounds(await this.#ask(limitsPath))
  }

  /** Rejects with the host's own words where it refuses. */
  async setLimits(bounds: SessionBounds): Promise<void> {
    await this.#ask(limitsPath, { method: 'POST', body: JSON.stringify(bounds) })
  }

  async #ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(path, {
      ...init,
      cache: 'no-store',
      signal: AbortSignal.timeout(mostMs),
      headers: { authorization: `Bearer ${this.#token}`, ...(init.body !== undefined && { 'content-type': 'application/json' }) },
    }).catch(unreachable)
    if (response.status === 401) throw new TokenRefused()
    const answer: unknown = JSON.parse(await response.text().catch(unreachable))
    if (!response.ok) throw new Error(refusalOf(answer))
    return answer
  }
}

function unreachable(cause: unknown): never {
  throw new HostUnreachable(cause)
}
