import * as v from 'valibot'

// What the page asks of its host beside the sessions. Both sides read it here.

export interface Project {
  /** Its name. */
  readonly id: string
  /** The folder that its agents work in. */
  readonly cwd: string
}

const project = v.object({ id: v.string(), cwd: v.string() })

const hostInfo = v.object({
  defaultAgent: v.string(),
  projects: v.array(project),
})

/** How many sessions of a project are kept, and for how many days. */
export const retentionPolicy = v.object({ count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)), days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(365)) })

export type HostInfo = v.InferOutput<typeof hostInfo>

export const parseHostInfo = (value: unknown): HostInfo => v.parse(hostInfo, value)
export const parseProject = (value: unknown): Project => v.parse(project, value)

/** By what the agents call them, sessions of a project. */
export const parseAgentsSessions = (value: unknown): ReadonlyMap<string, string> => new Map(v.parse(v.array(v.tuple([v.string(), v.string()])), value))

export const parseRetention = (value: unknown): v.InferOutput<typeof retentionPolicy> => v.parse(retentionPolicy, value)

export const refusalOf = (value: unknown): string => {
  const parsed = v.safeParse(v.object({ error: v.string() }), value)
  return parsed.success ? parsed.output.error : 'The host refused.'
}

export const hostPath = '/api/host'
export const projectsPath = '/api/projects'
export const retentionPath = '/api/retention'
export const limitsPath = '/api/limits'
export const agentsSessionsPath = '/api/agents-sessions'
export const socketPath = '/session'
