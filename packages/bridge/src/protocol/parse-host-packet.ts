import { fieldOf, isPlainObject } from '../plain-data.ts'
import { count, fits, flag, listOf, optional, shaped, text, type Shape } from '../shape.ts'
import type { HostPacket } from './packets.ts'

const isAnswer = shaped({ mirror: text, ask: count })
const anObject = shaped({})
const isFacts = shaped({ connection: anObject, capabilities: anObject, retention: anObject, writer: anObject })
const isSession = shaped({ state: anObject, messages: Array.isArray, hasOlder: flag })
const isStoreChange = shaped({ revision: count, sessionId: text, changes: listOf(isChange) })

const changeTypes = new Set<unknown>([
  'opened',
  'messages-appended',
  'message-extended',
  'message-replaced',
  'messages-retracted',
  'session-updated',
  'removed',
  'listed',
])

function isChange(value: unknown): boolean {
  return isPlainObject(value) && changeTypes.has(fieldOf(value, 'type'))
}

const shapes: Readonly<Record<HostPacket['t'], Shape>> = {
  snapshot: { answer: isAnswer, epoch: text, revision: count, facts: isFacts, sessions: listOf(isSession) },
  changes: {
    epoch: text,
    from: count,
    to: count,
    changes: listOf(isStoreChange),
    answer: optional((value) => isAnswer(value) && shaped({ facts: isFacts })(value)),
  },
  position: { epoch: text, revision: count, following: flag },
  refused: { answer: isAnswer, error: anObject },
  notification: { notification: anObject },
  warning: { error: anObject },
  error: { error: anObject },
  facts: { facts: isFacts },
}

/**
 * Whether this is a packet of a host. Its envelope is checked, so that noise on a channel is told apart; what a host
 * says of its sessions is believed, since a mirror has no other word for it.
 */
export function isHostPacket(value: unknown): value is HostPacket {
  if (!isPlainObject(value)) return false
  const shape = shapeOf(fieldOf(value, 't'))
  return shape !== undefined && fits(value, shape)
}

const shapeOf = (type: unknown): Shape | undefined =>
  typeof type === 'string' && isKnown(type) ? shapes[type] : undefined

const isKnown = (type: string): type is HostPacket['t'] => Object.hasOwn(shapes, type)
