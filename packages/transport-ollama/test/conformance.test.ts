import { type TransportScene, transportCases, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { createOllamaTransport, type OllamaTool } from '../src/index.ts'
import { reply, type Script, scriptedServer, type Step, toolCall } from './scripted-server.ts'

const hello: Step = { lines: reply(['Hel', 'lo.']) }
const begun: readonly unknown[] = reply(['Hello.']).slice(0, 1)
const useTool: Step = { lines: reply([toolCall('look', { at: 'a.txt' }, 'call_1')]) }

/** A tool first, and an answer once its output is there. */
function useToolThenAnswer(body: unknown): Step {
  const messages: unknown = Reflect.get(Object(body), 'messages')
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  return Reflect.get(Object(last), 'role') === 'tool' ? hello : useTool
}

const steps: Readonly<Record<TransportScene, Script['steps']>> = {
  answers: [hello],
  hangs: [{ lines: begun, after: 'hang' }],
  'uses-a-tool': useToolThenAnswer,
  asks: useToolThenAnswer,
  refuses: [],
  fails: [{ fails: { status: 500, body: '{"error":"the model is overloaded"}' } }],
  dies: [{ lines: begun, after: 'cut' }, hello],
  'speaks-unknown': [{ lines: [{ quantum: 'both' }, ...reply(['Hel', 'lo.'])] }],
  'talks-late': [{ lines: begun, after: 'hang' }, hello],
}

async function open(scene: TransportScene): Promise<TransportUnderTest> {
  const clock = createManualClock()
  // A server that is not there refuses: its port was free a moment ago.
  const server = await scriptedServer({ steps: steps[scene], shown: { 'demo:1b': {} } })
  if (scene === 'refuses') await server.close()
  const look: OllamaTool = { name: 'look', description: 'Looks', parameters: { type: 'object' }, ask: scene === 'asks', run: () => 'one' }
  return {
    transport: createOllamaTransport({ host: server.host, clock, tools: [look] }),
    leftovers: async () => [...Array.from({ length: clock.pending }, () => 'a timer'), ...(await server.repliesUnderWay())],
    dispose: () => server.close(),
  }
}

describe('models of an Ollama server, as a transport', () => {
  const without = { 'talks-late': 'a request that is ended gives nothing more' }
  for (const { name, run } of transportCases) test(name, () => run({ open, without }))
})
