import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorText, type RetentionPolicy } from '@agent-session/core'
import * as v from 'valibot'
import { agentsSessionsPath, hostPath, limitsPath, projectsPath, retentionPath, retentionPolicy, type HostInfo, type Project } from '../host-info.ts'
import { checkBounds, type SessionBounds } from '../session-bounds.ts'
import { ProjectRefused, type ProjectFile } from './project-file.ts'

/** A body longer than this is no request of the page. */
const mostBodyBytes = 64 * 1024

const newProject = v.object({ id: v.string(), cwd: v.optional(v.string()) })
const inProject = v.object({ projectId: v.string() })

export interface HostApiOptions {
  readonly defaultAgent: string
  readonly projects: ProjectFile
  /** The folder of a project for which none is named. */
  readonly defaultCwd: string
  readonly retention: {
    readonly current: () => RetentionPolicy
    /** Rejects where it could not be saved; then nothing has changed. */
    readonly set: (policy: RetentionPolicy) => Promise<void>
  }
  /** By what the agents call them, the sessions of a project that are kept here. Rejects where they cannot be read. */
  readonly agentsSessions: (projectId: string) => Promise<ReadonlyMap<string, string>>
  readonly limits: {
    readonly current: () => SessionBounds
    /** Rejects where they could not be saved; then nothing has changed. */
    readonly set: (bounds: SessionBounds) => Promise<void>
  }
}

/** What a page asks of its host that no store knows: the projects and their folders, and what outlives it. Resolves to false for other paths. */
export type HostApi = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>

export function createHostApi({ defaultAgent, projects, defaultCwd, retention, agentsSessions, limits }: HostApiOptions): HostApi {
  const info = (): HostInfo => ({ defaultAgent, projects: [...projects.all] })

  async function addProject(request: IncomingMessage): Promise<[status: number, answer: Project | { error: string }]> {
    const body = await readBody(request)
    if (body === undefined) return [413, { error: 'The request is too long.' }]
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), newProject), body)
    if (!parsed.success) return [400, { error: 'The request is not in the format of this host.' }]
    try {
      const { id, cwd } = parsed.output
      return [201, await projects.add({ id, cwd: cwd?.trim() || defaultCwd })]
    } catch (thrown) {
      if (thrown instanceof ProjectRefused) return [409, { error: thrown.message }]
      return [500, { error: 'The project could not be saved: is the disk full?' }]
    }
  }

  async function setRetention(request: IncomingMessage): Promise<[status: number, answer: RetentionPolicy | { error: string }]> {
    const body = await readBody(request)
    if (body === undefined) return [413, { error: 'The request is too long.' }]
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), retentionPolicy), body)
    if (!parsed.success) return [400, { error: 'Of a project 1 to 50 sessions are kept, for 1 to 365 days.' }]
    try {
      await retention.set(parsed.output)
      return [200, retention.current()]
    } catch (thrown) {
      return [500, { error: `It could not be saved: ${errorText(thrown)}` }]
    }
  }

  async function tellAgentsSessions(request: IncomingMessage): Promise<[status: number, answer: [string, string][] | { error: string }]> {
    const body = await readBody(request)
    if (body === undefined) return [413, { error: 'The request is too long.' }]
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), inProject), body)
    if (!parsed.success) return [400, { error: 'The request is not in the format of this host.' }]
    try {
      return [200, [...(await agentsSessions(parsed.output.projectId))]]
    } catch (thrown) {
      return [500, { error: `The sessions that are here could not be read: ${errorText(thrown)}` }]
    }
  }

  async function setLimits(request: IncomingMessage): Promise<[status: number, answer: SessionBounds | { error: string }]> {
    const body = await readBody(request)
    if (body === undefined) return [413, { error: 'The request is too long.' }]
    const read = v.safeParse(v.pipe(v.string(), v.parseJson()), body)
    const checked = checkBounds(read.success ? read.output : undefined)
    if ('problems' in checked) return [400, { error: [...checked.problems.values()].join(' ') }]
    try {
      await limits.set(checked.bounds)
      return [200, limits.current()]
    } catch (thrown) {
      return [500, { error: `It could not be saved: ${errorText(thrown)}` }]
    }
  }

  return async (request, response, path) => {
    const asked = `${request.method} ${path}`
    if (asked === `GET ${hostPath}`) answer(response, 200, info())
    else if (asked === `POST ${projectsPath}`) answer(response, ...(await addProject(request)))
    else if (asked === `GET ${retentionPath}`) answer(response, 200, retention.current())
    else if (asked === `POST ${retentionPath}`) answer(response, ...(await setRetention(request)))
    else if (asked === `POST ${agentsSessionsPath}`) answer(response, ...(await tellAgentsSessions(request)))
    else if (asked === `GET ${limitsPath}`) answer(response, 200, limits.current())
    else if (asked === `POST ${limitsPath}`) answer(response, ...(await setLimits(request)))
    else return false
    return true
  }
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    if (bytes > mostBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
