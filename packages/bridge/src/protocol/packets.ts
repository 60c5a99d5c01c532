import type { Notification, SnapshotSession, StoreSnapshot } from '@agent-session/core'
import type { WireChange } from './wire-change.ts'
import type { WireError } from './wire-error.ts'

/** Rises when an older half could misread a newer one. */
export const protocolVersion = 1

/** Which store's numbering, and how far. */
export interface Position {
  readonly epoch: string
  readonly revision: number
}

/** A session that a mirror has, with the seqId of its first resident message: what it shows, it wants to go on showing. */
export interface Holding {
  readonly sessionId: string
  readonly from: number
}

/** How many sessions a hello may name: more than a window has open. */
export const maxHoldings = 1_000

// --- mirror to host; calls travel beside as birpc's own `q` and `s` ---

/** Asks for all, or from `at` on for what was missed. */
export interface HelloPacket {
  readonly t: 'hello'
  readonly protocol: number
  /** Names this mirror, so that what was meant for one before it on the same channel is told apart. */
  readonly mirror: string
  /** Rises by 1 with each hello of a mirror; answers name it. */
  readonly ask: number
  readonly at?: Position
  /** What it has, the most wanted first, and no more than `maxHoldings`: of nothing else is it told. */
  readonly holds: readonly Holding[]
}

/** Asks how far the host is. */
interface CheckPacket {
  readonly t: 'check'
  readonly mirror: string
}

export type MirrorPacket = HelloPacket | CheckPacket

// --- host to mirror ---

/** What holds of the host beside its sessions. Told whole, and again when it changed. */
export type HostFacts = Pick<StoreSnapshot, 'connection' | 'capabilities' | 'retention'>

/** Which hello this answers. */
export interface Answering {
  readonly mirror: string
  readonly ask: number
}

export interface SnapshotPacket extends Position {
  readonly t: 'snapshot'
  readonly answer: Answering
  readonly facts: HostFacts
  readonly sessions: readonly SnapshotSession[]
}

/** What one flush changed in one session. */
export interface WireStoreChange {
  readonly revision: number
  readonly sessionId: string
  readonly changes: readonly WireChange[]
}

/**
 * All that leads from one revision to another, for the sessions that the mirror has. Only a mirror that is at `from`
 * may apply it. A session that it did not have until now comes last, whole, as it is at `to`.
 */
export interface ChangesPacket {
  readonly t: 'changes'
  readonly epoch: string
  readonly from: number
  readonly to: number
  readonly changes: readonly WireStoreChange[]
  /** Set on the answer to a hello whose `at` was still known. */
  readonly answer?: Answering & { readonly facts: HostFacts }
}

/** How far the host is. `following`: whether it sends this mirror its changes; if not, the mirror must say hello. */
export interface PositionPacket extends Position {
  readonly t: 'position'
  readonly following: boolean
}

/** This host does not speak with that mirror. */
export interface RefusedPacket {
  readonly t: 'refused'
  readonly answer: Answering
  readonly error: WireError
}

/** What has no revision. It is told to those who are there, and not again. */
export type SidePacket =
  | { readonly t: 'notification'; readonly notification: Notification }
  | { readonly t: 'warning'; readonly error: WireError }
  | { readonly t: 'error'; readonly error: WireError }
  | { readonly t: 'facts'; readonly facts: HostFacts }

export type HostPacket = SnapshotPacket | ChangesPacket | PositionPacket | RefusedPacket | SidePacket
