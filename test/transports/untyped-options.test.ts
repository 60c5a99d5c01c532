import { createAcpTransport, webSocketAgents } from '@agent-session/transport-acp'
import { stdioAgents } from '@agent-session/transport-acp/stdio'
import { createCodexTransport } from '../../packages/transport-codex/src/index.ts'
import { createOllamaTransport } from '../../packages/transport-ollama/src/index.ts'
import { connectAgentRpc } from '../../packages/transport-rpc/src/index.ts'
import { expect, test } from 'vitest'

/** As it comes from an app whose types nobody checked. */
const untyped = (value: unknown): never => value as never
const connect = stdioAgents({ agents: {} })

test.each<[string, () => unknown, string]>([
  ['ACP without options', () => createAcpTransport(untyped(undefined)), 'stdioAgents('],
  ['ACP without a way to its agents', () => createAcpTransport(untyped({ agents: {} })), 'needs `connect`'],
  ['ACP with a time in words', () => createAcpTransport({ connect, handshakeMs: untyped('5s') }), '`handshakeMs` is a number of milliseconds above 0, not 5s'],
  ['programs that nobody named', () => stdioAgents(untyped({})), 'Name the agents and their programs'],
  ['addresses that nobody named', () => webSocketAgents(untyped({})), '{ far: { url, cwd } }'],
  ['Codex by a way that is none', () => createCodexTransport({ route: untyped('http') }), "'app-server', 'exec' or absent, not http"],
  ['Codex with a time that is no number', () => createCodexTransport({ idleMs: Number.NaN }), '`idleMs`'],
  ['Ollama with tools by their names', () => createOllamaTransport({ tools: untyped({ add: () => 2 }) }), '`run(input)`'],
  ['the page without a line to its host', () => connectAgentRpc(untyped({})), '`request` and `addMessageListener`'],
])('%s is told what to write', (_, make, words) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(words) }))
})

test('an address that is none of a WebSocket, and a program without a name, are refused as they are used', async () => {
  const start = { provider: 'far', cwd: '/' }
  await expect(async () => webSocketAgents({ agents: { far: { url: 'http://localhost', cwd: '/' } } })(untyped(start))).rejects.toThrow('It begins with ws:// or wss://')
  await expect(async () => stdioAgents({ agents: { far: untyped({}) } })(untyped(start))).rejects.toThrow('has no `command`')
})
