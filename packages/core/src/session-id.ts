import { AgentSessionError } from './errors.ts'

const ownId = /^[A-Za-z0-9_-]{1,128}$/
// T28: what older data may hold; control characters never.
const readableId = /^[^\u0000-\u001f\u007f]{1,256}$/

/** Whether an id may come in from outside: from storage, a transport, a mirror. It is never part of a path or a key. */
export const isSessionId = (id: unknown): id is string => typeof id === 'string' && readableId.test(id)

/** Makes an id with the store's generator, and says so where that gives something that is no id. */
export function makeId(newId: () => string): string {
  const id = newId()
  if (!ownId.test(id)) {
    throw new AgentSessionError('invalid-argument', `newId gave ${JSON.stringify(id)}; an id is 1 to 128 letters, digits, "_" or "-".`)
  }
  return id
}
