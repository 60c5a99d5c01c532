// Drives real agent programs through the scenarios, against a scripted model on loopback. Not part of the ordinary
// tests: scripts/test-agents.mjs installs the programs into a folder of their own and runs this with it.
//
//   node --conditions=agent-session-source run.ts FOLDER [WORDS OF SCENARIOS TO RUN] [NAME OF AN AGENT]
//
// Writes a line for each, and at last the outcomes as one line of JSON: by the agent's name where there are several.

import path from 'node:path'
import { realAgents } from './agents.ts'
import { scenarios } from './scenarios.ts'

const [folder = '', only = '', one = ''] = process.argv.slice(2)
const bin = path.join(folder, 'node_modules/.bin')
const agents: Record<string, Record<string, string>> = {}
for (const agent of realAgents.filter(({ name }) => name.includes(one))) {
  const outcomes: Record<string, string> = {}
  agents[agent.name] = outcomes
  for (const { name, run, of } of scenarios.filter((scenario) => scenario.name.includes(only))) {
    if (of?.(agent) === false) continue
    const began = performance.now()
    try {
      await run(agent, bin)
      outcomes[name] = 'ok'
    } catch (error) {
      outcomes[name] = error instanceof Error ? (error.message.split('\n')[0] ?? 'failed') : String(error)
      console.error(error)
    }
    console.log(`${outcomes[name] === 'ok' ? 'ok    ' : 'FAILED'} ${agent.name}: ${name} (${Math.round(performance.now() - began)} ms)`)
  }
}
console.log(JSON.stringify({ agents }))
process.exit(Object.values(agents).every((outcomes) => Object.values(outcomes).every((outcome) => outcome === 'ok')) ? 0 : 1)
