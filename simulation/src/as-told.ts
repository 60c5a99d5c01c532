import type { MessageRecord } from '@agent-session/core'
import { expectedTranscript } from './expected-transcript.ts'
import type { FarSession } from './far-side.ts'
import type { World } from './world.ts'

/** Holds messages against what their agent had said up to a place: neither more nor less, in its order, word for word. */
export function asTold(world: World, far: FarSession, found: readonly MessageRecord[], upTo: number, where: string): void {
  const { sessionId, log } = far
  if (world.purged.has(sessionId)) return
  const { messages, retracted } = expectedTranscript(log, upTo)
  const holed = world.gapped.has(sessionId)
  const lost = world.blurred.has(sessionId)
  const died = (run: string): boolean => run !== far.run && !world.disk.knowsRun(run)
  const blurred = (run: string): boolean => holed || lost || world.stopped.has(run) || far.stopped.has(run) || died(run)
  const told = new Map(messages.map((message) => [message.id, message]))
  const own = found.filter(({ id }) => id.startsWith(`${sessionId}:`))
  const places = new Map(messages.map(({ id }, index) => [id, index]))
  const here = new Set(own.map(({ id }) => id))
  const complain = (what: string): void => world.violate(`${where}, ${sessionId}: ${what}`)
  let place = -1
  for (const { id, content, streaming, cut } of own) {
    const expected = told.get(id)
    if (expected === undefined) {
      if (retracted.has(id) ? !log.some(({ run }) => blurred(run)) : !lost) {
        complain(retracted.has(id) ? `${id} was retracted and is there` : `${id} is there before it was told`)
      }
      continue
    }
    const at = places.get(id) ?? -1
    // One whose first telling was missed came with its second.
    if (at < place && !lost && !(holed && expected.again)) complain(`${id} is out of its place`)
    place = at
    if (expected.content === undefined || content === expected.content) continue
    // Of a run that was given up on nobody asks what a host that began again has lost; what comes of it says that it is cut.
    const mayBeCut = blurred(expected.run) && (expected.content.startsWith(content) || (cut === true && isPartOf(content, expected.content)))
    if (holed || lost ? isPartOf(content, expected.content) : mayBeCut) {
      // Promise 13, F22: what is not whole does not show as whole.
      if (holed || lost || streaming || cut || expected.whole) continue
    }
    complain(`${id} reads "${content}"${cut ? ' and is cut' : ''}, and was told as "${expected.content}"`)
  }
  for (const { id, run } of messages) if (!here.has(id) && !blurred(run)) complain(`${id} is lost`)
}

/** Whether these are words of the others, in their order. */
function isPartOf(content: string, whole: string): boolean {
  const words = whole.split(' ')
  let at = 0
  for (const word of content.split(' ')) {
    at = words.indexOf(word, at) + 1
    if (at === 0) return false
  }
  return true
}
