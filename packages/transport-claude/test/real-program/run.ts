// Drives the real Claude Agent SDK through the scenarios, against a scripted model on loopback. Not part of the
// ordinary tests: scripts/test-agents.mjs installs the SDK into a folder of its own and runs this with it.
//
//   node --conditions=agent-session-source run.ts FOLDER [WORDS OF SCENARIOS TO RUN]
//
// Writes a line for each scenario, and at last the outcomes as one line of JSON.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ClaudeSdk } from '../../src/index.ts'
import { scenarios } from './scenarios.ts'

const [folder = '', only = ''] = process.argv.slice(2)
const entry = path.join(folder, 'node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs')
if (!existsSync(entry)) {
  console.error(`There is no @anthropic-ai/claude-agent-sdk in ${folder}: npm run test:agents installs it`)
  process.exit(2)
}
const sdk: ClaudeSdk = await import(pathToFileURL(entry).href)

const outcomes: Record<string, string> = {}
for (const { name, run } of scenarios.filter((scenario) => scenario.name.includes(only))) {
  const began = performance.now()
  try {
    await run(sdk)
    outcomes[name] = 'ok'
  } catch (error) {
    outcomes[name] = error instanceof Error ? (error.message.split('\n')[0] ?? 'failed') : String(error)
    console.error(error)
  }
  console.log(`${outcomes[name] === 'ok' ? 'ok    ' : 'FAILED'} ${name} (${Math.round(performance.now() - began)} ms)`)
}
console.log(JSON.stringify(outcomes))
process.exit(Object.values(outcomes).every((outcome) => outcome === 'ok') ? 0 : 1)
