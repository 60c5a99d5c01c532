import { isSessionId } from '@agent-session/core'
import { fieldOf, isPlainObject } from '../plain-data.ts'
import { maxHoldings, type Holding, type MirrorPacket, type Position } from './packets.ts'

/** A call as birpc sends it, checked: `m` may still name anything. */
export interface CallPacket {
  readonly t: 'q'
  readonly i: string
  readonly m: string
  readonly a: unknown[]
}

/**
 * The host's border: what a client sends is unknown data until it has passed here. `undefined` for what is no packet
 * of a mirror.
 */
export function parseMirrorPacket(value: unknown): MirrorPacket | CallPacket | undefined {
  if (!isPlainObject(value)) return undefined
  switch (fieldOf(value, 't')) {
    case 'hello':
      return parseHello(value)
    case 'check': {
      const mirror = fieldOf(value, 'mirror')
      return isShortText(mirror) ? { t: 'check', mirror } : undefined
    }
    case 'q':
      return parseCall(value)
    default:
      return undefined
  }
}

function parseHello(value: object): MirrorPacket | undefined {
  const [protocol, mirror, ask, at, holds] = ['protocol', 'mirror', 'ask', 'at', 'holds'].map((name) => fieldOf(value, name))
  if (!isCount(protocol) || !isShortText(mirror) || !isCount(ask) || !Array.isArray(holds)) return undefined
  const position = at === undefined ? undefined : parsePosition(at)
  if (at !== undefined && position === undefined) return undefined
  return {
    t: 'hello',
    protocol,
    mirror,
    ask,
    ...(position && { at: position }),
    holds: holds.slice(0, maxHoldings).filter(isHolding),
  }
}

function parsePosition(value: unknown): Position | undefined {
  if (!isPlainObject(value)) return undefined
  const [epoch, revision] = [fieldOf(value, 'epoch'), fieldOf(value, 'revision')]
  return isShortText(epoch) && isCount(revision) ? { epoch, revision } : undefined
}

const isHolding = (value: unknown): value is Holding =>
  isPlainObject(value) && isSessionId(fieldOf(value, 'sessionId')) && isCount(fieldOf(value, 'from'))

function parseCall(value: object): CallPacket | undefined {
  const [i, m, a] = [fieldOf(value, 'i'), fieldOf(value, 'm'), fieldOf(value, 'a')]
  return isShortText(i) && isShortText(m) && Array.isArray(a) ? { t: 'q', i, m, a } : undefined
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 128

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
