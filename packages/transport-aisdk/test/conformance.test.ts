import { type TransportScene, transportCases, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { createAiSdkTransport } from '../src/index.ts'
import { type Asked, answer, call, scriptedServer, type Step, text } from './scripted-server.ts'

const hello: Step = { chunks: answer(text(['Hel', 'lo.'])) }
const begun: readonly unknown[] = answer(text(['Hello.'])).slice(0, 4)
const look = call('look', { at: 'a.txt' })

/** The parts of the last message, by a field of theirs. */
function lastStates({ body }: Asked): unknown[] {
  const messages: unknown = Reflect.get(Object(body), 'messages')
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  const parts: unknown = Reflect.get(Object(last), 'parts')
  return Array.isArray(parts) ? parts.map((part: unknown) => Reflect.get(Object(part), 'state')) : []
}

/** A question first, and an answer once it is answered. */
function askThenAnswer(asked: Asked): Step {
  if (!lastStates(asked).includes('approval-responded')) return { chunks: answer([...look, { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'call-1' }]) }
  return { chunks: answer([{ type: 'tool-output-available', toolCallId: 'call-1', output: 'one' }, ...text(['Hello.'])]) }
}

const steps: Readonly<Record<TransportScene, readonly Step[] | ((asked: Asked) => Step)>> = {
  answers: [hello],
  hangs: [{ chunks: begun, after: 'hang' }],
  'uses-a-tool': [{ chunks: answer([...look, { type: 'tool-output-available', toolCallId: 'call-1', output: { sky: 'blue' } }, ...text(['Hello.'])]) }],
  asks: askThenAnswer,
  refuses: [],
  fails: [{ chunks: [{ type: 'start' }, { type: 'error', errorText: 'The model is overloaded' }] }],
  dies: [{ chunks: begun, after: 'cut' }, hello],
  'speaks-unknown': [{ chunks: [{ type: 'quantum', state: 'both' }, ...answer(text(['Hel', 'lo.']))] }],
  'talks-late': [{ chunks: begun, after: 'hang' }, hello],
}

async function open(scene: TransportScene): Promise<TransportUnderTest> {
  const clock = createManualClock()
  // A server that is not there refuses: its port was free a moment ago.
  const server = await scriptedServer(steps[scene])
  if (scene === 'refuses') await server.close()
  const under = (): TransportUnderTest => ({
    transport: createAiSdkTransport({ api: server.api, clock, remembers: true }),
    leftovers: async () => [...Array.from({ length: clock.pending }, () => 'a timer'), ...(await server.underWay())],
    reopen: under,
    dispose: () => server.close(),
  })
  return under()
}

describe('a back end of the AI SDK, as a transport', () => {
  const without = { 'talks-late': 'a request that is ended gives nothing more' }
  for (const { name, run } of transportCases) test(name, () => run({ open, without }))
})
