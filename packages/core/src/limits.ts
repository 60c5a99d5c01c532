import { AgentSessionError } from './errors.ts'

/** Numbers that an app may set: for a store by `createAgentStore({ limits })`, for one session by `start`. */
export interface Limits {
  /** Ms without an event of the agent, while running, until the session counts as stalled. Default 15 minutes. */
  readonly stallMs: number
  /** Ms after the end of a run until the project is free of the session. Default 60 s. */
  readonly cleanupMs: number
  /** Ms that a change may wait to be saved, however busy the stream. Default 2 s. */
  readonly saveDelayMs: number
  /** Ms until a failed save is tried again; it doubles with each failure up to `retryMaxMs`, with jitter. Default 1 s. */
  readonly retryMinMs: number
  /** Default 60 s. */
  readonly retryMaxMs: number
  /** Ms that a commit may take until it shows as failing; it is still waited for. Default 30 s. */
  readonly commitTimeoutMs: number
  /** Ms that a transport may take to accept a start or a prompt. Default 2 minutes: some agents install themselves first. */
  readonly startTimeoutMs: number
  /** Ms that a transport may take to answer a stop, an answer or a change of mode. Default 15 s. */
  readonly replyTimeoutMs: number
  /** Ms that a log in may take, with a person in a browser. Default 10 minutes. */
  readonly logInTimeoutMs: number
  /** Ms that a start waits for the settings. Default 2 s. */
  readonly settingsTimeoutMs: number
  /** Lines of a tool's output that are kept. Default 500. */
  readonly toolOutputLines: number
  /** Characters (UTF-16 units) of a tool's output that are kept, half from its head and half from its tail. Default 65,536. */
  readonly toolOutputCharacters: number
  /** Prompts that may wait in the queue of a session. Default 32. */
  readonly queuedPrompts: number
  /** Events out of order that are held until the missing ones come. Default 256. */
  readonly reorderEvents: number
  /** Ms that a gap in the numbering is waited for. Default 2 s. */
  readonly reorderMs: number
  /** Messages of a session that stay in memory, beside those that were paged in. Older ones leave it once they are saved. Default 2,000. */
  readonly residentMessages: number
  /** Messages of a session that `openSession` and `restore` bring into memory. Default 200. */
  readonly pageSize: number
}

/** What holds where neither store nor session says otherwise. */
export const defaultLimits: Limits = {
  stallMs: 15 * 60_000,
  cleanupMs: 60_000,
  saveDelayMs: 2_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  commitTimeoutMs: 30_000,
  startTimeoutMs: 120_000,
  replyTimeoutMs: 15_000,
  logInTimeoutMs: 600_000,
  settingsTimeoutMs: 2_000,
  toolOutputLines: 500,
  toolOutputCharacters: 65_536,
  queuedPrompts: 32,
  reorderEvents: 256,
  reorderMs: 2_000,
  residentMessages: 2_000,
  pageSize: 200,
}

/** Limits that may be set while a store lives, and hold at once; the others hold for its life. */
export type LiveLimits = Pick<Limits, 'stallMs' | 'cleanupMs' | 'startTimeoutMs' | 'replyTimeoutMs' | 'logInTimeoutMs' | 'toolOutputLines' | 'toolOutputCharacters' | 'queuedPrompts'>

const liveLimits: ReadonlySet<string> = new Set<keyof LiveLimits>([
  'stallMs',
  'cleanupMs',
  'startTimeoutMs',
  'replyTimeoutMs',
  'logInTimeoutMs',
  'toolOutputLines',
  'toolOutputCharacters',
  'queuedPrompts',
])

/** As `checkLimits`, for those that may be set while a store lives. */
export function checkLiveLimits(given: unknown): asserts given is Partial<LiveLimits> {
  checkLimits(given)
  const fixed = Object.keys(given).find((name) => !liveLimits.has(name))
  if (fixed !== undefined) throw new AgentSessionError('invalid-limit', `The limit ${fixed} holds for the life of a store; what can be set is ${[...liveLimits].join(', ')}.`)
}

/** Counts of something; the other limits are ms, which need not be whole. */
const counts: ReadonlySet<string> = new Set<keyof Limits>([
  'toolOutputLines',
  'toolOutputCharacters',
  'queuedPrompts',
  'reorderEvents',
  'residentMessages',
  'pageSize',
])

/** The defaults with these in their place. Throws `invalid-limit` for a name that is none, and for a value that is none. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  checkLimits(given)
  return { ...defaultLimits, ...given }
}

/**
 * Throws `invalid-limit` for a name that is none, for what is not a finite number above 0, and for a count that is not
 * whole; its caller may not have been type-checked.
 */
export function checkLimits(given: unknown): asserts given is Partial<Limits> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AgentSessionError('invalid-limit', 'Limits are an object, such as { stallMs: 60_000 }.')
  }
  for (const [name, value] of Object.entries(given)) {
    const problem = limitProblem(name, value)
    if (problem !== undefined) throw new AgentSessionError('invalid-limit', problem)
  }
}

/** A store's limits with a session's own in their place. What storage gives as a limit and is none is passed over. */
export function sessionLimits(ofStore: Limits, ofSession: Partial<Limits> | undefined): Limits {
  if (ofSession === undefined) return ofStore
  const own = Object.entries(ofSession).filter(([name, value]) => limitProblem(name, value) === undefined)
  return { ...ofStore, ...Object.fromEntries(own) }
}

function limitProblem(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(defaultLimits, name)) {
    return `There is no limit named "${name}"; the limits are ${Object.keys(defaultLimits).join(', ')}.`
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    return `The limit ${name} must be a finite number above 0, not ${String(value)}.`
  }
  if (counts.has(name) && !Number.isSafeInteger(value)) return `The limit ${name} is a count: a whole number, not ${value}.`
  return undefined
}
