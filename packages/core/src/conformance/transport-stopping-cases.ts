import { expectEqual, expectTrue } from './expectations.ts'
import { brokenRules } from './session-rules.ts'
import { transportCase, type TransportCase } from './transport-case.ts'
import { isEnd } from './transport-trial.ts'

const hasSpoken = (type: string): boolean => type === 'delta' || type === 'message'

export const stoppingCases: readonly TransportCase[] = [
  transportCase('a stop is agreed to, and the run ends as stopped', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.until('a word of the agent', () => trial.events.some(({ type }) => hasSpoken(type)))
    await trial.accepted('the stop', trial.stop())
    const { status, reason } = await trial.ended('run-1')
    expectEqual([status, reason], ['done', 'stopped'], 'the end of a run that was stopped')
  }),

  transportCase('F22 what was said before a stop stays, and nothing goes on', 'hangs', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.until('a word of the agent', () => session.messages.some(({ role }) => role === 'assistant'))
    const stopped = await trial.settles('stop', () => session.stop())
    if (!stopped.ok) throw new Error(`the stop was refused: ${stopped.error}`)
    await trial.settle()
    expectEqual([session.status, session.endReason], ['done', 'stopped'], 'how it ended')
    expectTrue(session.messages.some(({ role, content }) => role === 'assistant' && content.startsWith('Hello')), 'what was said before the stop is gone')
    expectEqual(brokenRules(session), [], 'rules that are broken')
  }),

  transportCase('a stop before the agent said a word ends the run', 'hangs', async (trial) => {
    const started = trial.start()
    const stopped = trial.stop()
    const [start] = await Promise.all([started, stopped])
    // Where the start was refused there is no run; where it was accepted the stop may have come too early, and is said again.
    if (!start.ok) return
    await trial.accepted('the second stop', trial.stop())
    await trial.ended('run-1')
  }),

  transportCase('a stop that is said twice, at once and again later, ends the run once', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.until('a word of the agent', () => trial.events.some(({ type }) => hasSpoken(type)))
    await Promise.all([trial.accepted('the stop', trial.stop()), trial.stop()])
    await trial.ended('run-1')
    await trial.stop()
    await trial.settle()
    expectEqual(trial.ends('run-1').length, 1, 'events that end the run')
  }),

  transportCase('F23 a stop of another run, or of a session that is not there, ends nothing', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.until('a word of the agent', () => trial.events.some(({ type }) => hasSpoken(type)))
    await trial.stop('run-0')
    await trial.stop('run-1', 'another-session')
    await trial.settle()
    expectEqual(trial.ends('run-1').length, 0, 'ends of a run that nobody stopped')
  }),

  transportCase('what comes after a stop does not bring the run back, and the next prompt is answered', 'talks-late', async (trial) => {
    const store = trial.store()
    const session = await trial.startedSession(store)
    await trial.until('a word of the agent', () => session.messages.some(({ role }) => role === 'assistant'))
    const stopped = await trial.settles('stop', () => session.stop())
    if (!stopped.ok) throw new Error(`the stop was refused: ${stopped.error}`)
    await trial.settle()
    expectEqual([session.status, session.live], ['done', false], 'the session after the stop')
    const again = await trial.settles('prompt', () => session.prompt('And again'))
    if (!again.ok) throw new Error(`the prompt after the stop was refused: ${again.error}`)
    await trial.over(session)
    await trial.settle()
    expectEqual([session.status, session.endReason], ['done', 'completed'], 'the end of the next run')
    expectEqual(brokenRules(session), [], 'rules that are broken')
    const runs = new Set(trial.events.flatMap((event) => (event.type === 'connection' || event.run === undefined ? [] : event.run)))
    for (const run of runs) expectEqual(trial.ofRun(run).filter(isEnd).length, 1, `events that end ${run}`)
    const late = session.messages.filter(({ seqId }) => seqId > (session.messages.findLast(({ role }) => role === 'user')?.seqId ?? 0))
    expectEqual(late.map(({ content }) => content.trim()), ['Hello.'], 'what shows under the next prompt')
  }),
]
