// An owner of an agent that is killed in a test: starts the agent named by its arguments and tells the pids.

import { stdioAgents } from '@agent-session/transport-acp/stdio'
import { createAcpTransport } from '@agent-session/transport-acp'

const [, , command, ...args] = process.argv
const transport = createAcpTransport({ connect: stdioAgents({ agents: { agent: { command, args } } }) })
transport.subscribe((event) => {
  if (event.type === 'delta') process.stdout.write('running\n')
})
const reply = await transport.start({ sessionId: 'session', run: 'run', projectId: 'project', provider: 'agent', prompt: 'hang hard', messageId: 'prompt' })
if (!reply.ok) process.stdout.write(`failed: ${reply.error}\n`)
process.stdin.on('data', () => process.exit(0))
