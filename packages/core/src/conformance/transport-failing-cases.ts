import { expectEqual, expectTrue } from './expectations.ts'
import { brokenRules } from './session-rules.ts'
import { transportCase, type TransportCase } from './transport-case.ts'

export const failingCases: readonly TransportCase[] = [
  transportCase('T2 a start that fails is refused with words and a code, and begins nothing', 'refuses', async (trial) => {
    const first = await trial.refused('the start', trial.start())
    await trial.settle()
    const running = trial.events.filter((event) => event.type === 'status' && event.status !== 'error')
    expectEqual(running, [], 'statuses of a run that never began')
    // Asked again it fails again: no half of the first attempt is in its way.
    const second = await trial.refused('the second start', trial.start('run-2'))
    expectEqual(second.code, first.code, 'the code of the second refusal')
  }),

  transportCase('an error of the agent ends the run in an error, with its words, and not as an answer', 'fails', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    expectEqual(session.status, 'error', 'status')
    expectEqual(brokenRules(session), [], 'rules that are broken')
  }),

  transportCase('an agent that goes away ends the run in an error, and the next prompt begins anew or says why not', 'dies', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    expectEqual(session.status, 'error', 'status')
    expectTrue(session.messages.some(({ role }) => role === 'assistant'), 'what it said before it went is gone')
    expectEqual(brokenRules(session), [], 'rules that are broken')
    const again = await trial.settles('prompt', () => session.prompt('And again'))
    if (again.ok) {
      await trial.over(session)
      expectEqual(session.status, 'done', 'the status after the next prompt')
    }
    expectEqual(brokenRules(session), [], 'rules that are broken after the next prompt')
  }),
]
