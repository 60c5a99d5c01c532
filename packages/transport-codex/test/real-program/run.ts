// Drives the real Codex through the scenarios, against a scripted model on loopback. Not part of the ordinary tests:
// scripts/test-agents.mjs installs the program into a folder of its own and runs this with it.
//
//   node --conditions=agent-session-source run.ts FOLDER [WORDS OF SCENARIOS TO RUN]
//
// Writes a line for each scenario, and at last the outcomes of both routes as one line of JSON.

import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Route } from '../../src/index.ts'
import { scenarios } from './scenarios.ts'

const [folder = '', only = ''] = process.argv.slice(2)
const program = path.resolve(folder, 'node_modules/.bin/codex')
if (!existsSync(program)) {
  console.error(`There is no @openai/codex in ${folder}: npm run test:agents installs it`)
  process.exit(2)
}

const agents: Record<Route, Record<string, string>> = { 'app-server': {}, exec: {} }
for (const { route, name, run } of scenarios.filter((scenario) => scenario.name.includes(only))) {
  const began = performance.now()
  const outcomes = agents[route]
  try {
    await run(program)
    outcomes[name] = 'ok'
  } catch (error) {
    outcomes[name] = error instanceof Error ? (error.message.split('\n')[0] ?? 'failed') : String(error)
    console.error(error)
  }
  console.log(`${outcomes[name] === 'ok' ? 'ok    ' : 'FAILED'} ${route}: ${name} (${Math.round(performance.now() - began)} ms)`)
}
console.log(JSON.stringify({ agents }))
process.exit(Object.values(agents).every((outcomes) => Object.values(outcomes).every((outcome) => outcome === 'ok')) ? 0 : 1)
