import type { MessageLogReader } from '../session/message-log.ts'
import type { SessionState } from '../session/session-state.ts'
import { rateWindowMs, type UsageSample } from './health-log.ts'

/** `inactive`: no run and no longer the project's session; `idle`: nothing to do; `stalled`: silent for too long. */
export type Activity = 'inactive' | 'running' | 'idle' | 'stalled'

/** How much a session needs a person, and why. */
export interface Attention {
  /** 0 to 100; the session with the highest is to be looked at first. */
  readonly score: number
  readonly reason: 'question' | 'stalled' | 'error' | 'saving' | 'connection' | 'conflict' | 'context' | 'interrupted' | 'finished' | 'none'
}

/** How a session does, at the moment it is asked. */
export interface Health {
  readonly activity: Activity
  /** The tool that runs; absent when none does. */
  readonly activeTool?: string
  /** Ms since the last sign of the agent; absent before the first. */
  readonly idleMs?: number
  /** USD an hour, over the last five minutes. */
  readonly burnRateUsdPerHour: number
  /** Input and output tokens a minute, over the last five minutes. */
  readonly tokensPerMinute: number
  /** How full the model's context is, from 0 to 1; absent when the agent does not say. */
  readonly contextPressure?: number
  /** Files that this session and another live one write. */
  readonly conflicts: readonly string[]
  readonly attention: Attention
}

export interface HealthSource {
  readonly state: SessionState
  readonly log: MessageLogReader
  readonly past: { readonly lastActivity: number | undefined; readonly samples: readonly UsageSample[]; readonly writtenFiles: ReadonlySet<string> }
}

/** Pure: `now` in monotonic ms; `others` are the files that other live sessions wrote. */
export function healthOf(source: HealthSource, now: number, connected: boolean, others: ReadonlySet<string>): Health {
  const { state, log, past } = source
  const activeTool = runningTool(log)
  const conflicts = state.live ? [...past.writtenFiles].filter((path) => others.has(path)) : []
  const rates = ratesOf(past.samples, now)
  const contextPressure = pressure(state)
  return {
    activity: activityOf(state),
    ...(activeTool !== undefined && { activeTool }),
    ...(past.lastActivity !== undefined && { idleMs: now - past.lastActivity }),
    ...rates,
    ...(contextPressure !== undefined && { contextPressure }),
    conflicts,
    attention: attentionOf(state, connected, conflicts.length > 0, contextPressure ?? 0),
  }
}

function activityOf(state: SessionState): Activity {
  if (state.stall?.cause === 'model' || state.stall?.cause === 'connection') return 'stalled'
  if (state.live && state.status === 'running') return 'running'
  return state.live || state.current ? 'idle' : 'inactive'
}

function runningTool(log: MessageLogReader): string | undefined {
  let name: string | undefined
  for (const id of log.open) {
    const message = log.get(id)
    if (message?.toolState === 'running') name = message.toolName
  }
  return name
}

/** What came in the window, over the time it took; at least a minute, so that a first report is no flood. */
function ratesOf(samples: readonly UsageSample[], now: number): Pick<Health, 'burnRateUsdPerHour' | 'tokensPerMinute'> {
  const newest = samples.at(-1)
  const base = samples.findLast(({ at }) => at <= now - rateWindowMs) ?? samples[0]
  if (newest === undefined || base === undefined) return { burnRateUsdPerHour: 0, tokensPerMinute: 0 }
  const minutes = Math.min(rateWindowMs, Math.max(60_000, now - base.at)) / 60_000
  return {
    burnRateUsdPerHour: (Math.max(0, newest.costUsd - base.costUsd) / minutes) * 60,
    tokensPerMinute: Math.max(0, newest.tokens - base.tokens) / minutes,
  }
}

function pressure({ contextUsed, contextSize }: SessionState): number | undefined {
  return contextUsed === undefined || !contextSize ? undefined : Math.min(1, contextUsed / contextSize)
}

const contextAlarm = 0.9

/** The first that holds, the most pressing first. */
function attentionOf(state: SessionState, connected: boolean, conflict: boolean, contextPressure: number): Attention {
  if (state.permissions.some((request) => request.state === 'pending')) return { score: 100, reason: 'question' }
  if (state.live && !connected) return { score: 90, reason: 'connection' }
  if (state.stall?.cause === 'model') return { score: 80, reason: 'stalled' }
  if (state.saved === 'failing') return { score: 70, reason: 'saving' }
  if (conflict) return { score: 60, reason: 'conflict' }
  if (!state.live && state.status === 'error') return { score: 50, reason: 'error' }
  if (state.live && contextPressure >= contextAlarm) return { score: 40, reason: 'context' }
  if (state.endReason === 'interrupted') return { score: 30, reason: 'interrupted' }
  if (!state.live && state.status === 'done' && state.current) return { score: 10, reason: 'finished' }
  return { score: 0, reason: 'none' }
}
