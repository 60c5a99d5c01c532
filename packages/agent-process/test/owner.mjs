// An owner that has just asked its program to end, and is killed in a test before it could insist. Tells the program's pid.

import { agentPrograms, jsonLines } from '@agent-session/agent-process'

const [, , ...args] = process.argv
// A clock that stands still: the moment between asking and insisting lasts.
const clock = { now: () => 0, monotonic: () => 0, setTimeout: () => undefined, clearTimeout: () => {} }
const agent = await agentPrograms({ agents: { echo: { command: process.execPath, args } }, clock }, jsonLines)({ provider: 'echo', sessionId: 's', env: {} })
const reader = agent.stream.readable.getReader()
const { value } = await reader.read()
void agent.kill()
await reader.read()
process.stdout.write(`${value.pid}\n`)
setInterval(() => {}, 1_000)
