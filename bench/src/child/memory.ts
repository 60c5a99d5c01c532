import { heldMessages } from '../../subjects/held-message.ts'
import { loadSubject } from './load-subject.ts'
import type { Measured, Measurement } from './measurement.ts'

const characters = 400

/** Bytes a message, when all have been told and a UI has read every one and goes on looking. */
export async function measureMemory(ask: Extract<Measurement, { kind: 'memory' }>): Promise<Measured> {
  const { messages } = ask
  if (ask.subject === 'plain') {
    const before = heapUsed()
    const held = heldMessages(messages, characters)
    const after = heapUsed()
    return { bytes: (after - before) / held.length }
  }
  const subject = await loadSubject(ask.subject)
  // What is made once, however many messages there are, is made before the count.
  const small = await subject.open(heldMessages(100, characters), { eventsPerNotice: 1 })
  small.readAll()
  const before = heapUsed()
  const feed = await subject.open(heldMessages(messages, characters), { eventsPerNotice: 1 })
  const read = ask.each ? feed.readEach?.() : feed.readAll()
  if (read === undefined) throw new Error(`${ask.subject} has no reader of each message.`)
  // Not a timer: a subject may have taken those.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
  const after = heapUsed()
  // Kept in sight until here, so that it is not what was collected.
  return { bytes: (after - before) / messages, read: read / characters, count: feed.seen.count }
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('This process must run with --expose-gc.')
  for (let time = 0; time < 4; time += 1) globalThis.gc()
  return process.memoryUsage().heapUsed
}
