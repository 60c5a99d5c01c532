import { createSqliteStorage } from '../index.ts'
import { shownAfter } from './endless-agent.ts'
import { saveDelayMs, type Killed } from './kill-process.ts'

/** A timer may be late by one ms for its rounding. */
const timerMs = 2

/** What is in the file after a kill, and what was lost of what had been shown. */
export interface AfterCrash {
  /** Every message of the session, id → text: none of them may change later but the one that streamed. */
  readonly texts: ReadonlyMap<string, string>
  readonly lostEvents: number
  /** How long the oldest event that was lost had been shown when the process told its last; 0 where nothing was lost. */
  readonly lostMs: number
  /** Whether a save was under way, and came through all the same. */
  readonly inFlight: 'none' | 'whole' | 'absent'
}

/**
 * Looks whether the file keeps what is promised (F1, F2): it opens, is whole, is exactly what was shown after one event,
 * which is no earlier than the last that was acknowledged, nor than the last that had been shown for `saveDelayMs`, but
 * for the save that was under way. Throws what is wrong.
 */
export async function lookAfterCrash(path: string, killed: Killed, before: ReadonlyMap<string, string>): Promise<AfterCrash> {
  const { run, shownAt, turns, saved, inFlight, errors } = killed
  const wrong = (what: string): never => {
    throw new Error(`${what} (run ${run}: ${shownAt.length} events shown, ${saved} acknowledged, in flight: ${inFlight ?? 'none'})`)
  }
  if (errors !== '') wrong(`It told of errors: ${errors}`)
  if (run === '') wrong('It was killed before it streamed')
  const problems: string[] = []
  const storage = createSqliteStorage({ path, onProblem: ({ message }) => problems.push(message) })
  try {
    const damage = await storage.check()
    if (damage.length > 0) wrong(`The file is damaged: ${damage.join('; ')}`)
    const [{ sessionId = '', lastSeqId = -1 } = {}, ...others] = await storage.listSessions()
    if (others.length > 0) wrong('There is more than one session')
    const messages = await storage.loadMessages(sessionId)
    const cursor = await storage.loadCursor(sessionId)
    if (problems.length > 0) wrong(`Rows are damaged: ${problems.join('; ')}`)

    const there = cursor?.epoch === run ? cursor.seq : 0
    // One commit has the record, the messages and the cursor.
    if (messages.some(({ seqId }, index) => seqId <= (messages[index - 1]?.seqId ?? 0))) wrong('Messages are out of order')
    if ((messages.at(-1)?.seqId ?? 0) > lastSeqId) wrong('A message is later than the record')
    const texts = new Map(messages.map(({ id, content }) => [id, content]))
    if (texts.size !== messages.length) wrong('A message is there twice')
    const expected = shownAfter(run, there)
    for (const [id, text] of texts) {
      if (id.startsWith(`${run}/`) ? expected.get(id) !== text : before.has(id) && before.get(id) !== text) wrong(`Message ${id} is not as it was after event ${there}`)
    }
    for (const id of expected.keys()) if (!texts.has(id)) wrong(`Message ${id} of event ${there} is missing`)
    for (const id of before.keys()) if (!texts.has(id)) wrong(`Message ${id} of an earlier run is missing`)

    if (there < saved) wrong(`Only ${there} events are there`)
    if (there > shownAt.length) wrong(`${there} events are there`)
    // In its last turn but one it looked at its timers the last time for certain.
    const lookedAt = turns.at(-3) ?? -Infinity
    const due = shownAt.filter((at) => at + saveDelayMs + timerMs <= lookedAt).length
    if (Math.max(there, inFlight ?? 0) < due) wrong(`Event ${due} had been shown for more than ${saveDelayMs} ms, and only ${there} are there`)
    const oldestLost = shownAt[there]
    return {
      texts,
      lostEvents: shownAt.length - there,
      lostMs: oldestLost === undefined ? 0 : Math.max(turns.at(-1) ?? 0, shownAt.at(-1) ?? 0) - oldestLost,
      inFlight: inFlight === undefined || inFlight === 0 ? 'none' : there >= inFlight ? 'whole' : 'absent',
    }
  } finally {
    await storage.close()
  }
}
