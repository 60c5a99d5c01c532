import type { Abilities, AgentSetting, Login } from './agent-facts.ts'
import type { SessionRecord } from './session-record.ts'

/** `saved`: storage has all; `saving`: something is not stored yet; `failing`: the last attempt failed, it is tried again. */
export type SavedState = 'saved' | 'saving' | 'failing'

/** Set while a run says nothing. */
export interface Stall {
  /** `model`: it is silent; `tool`: a tool runs; `person`: a question waits for an answer; `connection`: the line is down. */
  readonly cause: 'model' | 'tool' | 'person' | 'connection'
  /** Epoch ms. */
  readonly since: number
}

/** A session as this process sees it: what is stored, and what only holds while it is open. */
export interface SessionState extends Omit<SessionRecord, 'open' | 'asked'> {
  /** Whether a call that names the project means this session. */
  readonly current: boolean
  /** Whether a run is under way here, so that events of it count. False once it ended, and after a restore. */
  readonly live: boolean
  readonly saved: SavedState
  /** Absent while the run is heard of, and while none is under way. */
  readonly stall?: Stall
  /** What its agent can do; absent until the agent is up. */
  readonly abilities?: Abilities
  /** Absent where the agent has said nothing of it. */
  readonly login?: Login
  /** What can be set; absent where the agent has nothing. */
  readonly settings?: readonly AgentSetting[]
}

/** Whether the agent is at work. One that rests in the middle of its run takes a prompt, or makes way, as one that has ended. */
export const isBusy = ({ live, status }: SessionState): boolean => live && status === 'running'

/** The stored part of a state. */
export function recordOf(state: SessionState): SessionRecord {
  const { current: _current, live: _live, saved: _saved, stall: _stall, abilities: _abilities, login: _login, settings: _settings, ...record } = state
  return record
}

/** The fields that are not stored: a change of these alone needs no commit. */
export const volatileFields: ReadonlySet<keyof SessionState> = new Set([
  'current',
  'live',
  'saved',
  'stall',
  'abilities',
  'login',
  'settings',
])
