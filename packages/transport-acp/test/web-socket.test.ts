import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { field, textField } from '@agent-session/core/transport'
import { createAcpTransport, webSocketAgents } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** An agent on a WebSocket of this machine. */
async function listening(way: 'answers' | 'hangs-up' | 'noise') {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const asked: unknown[] = []
  server.on('connection', (socket, { headers }) => {
    asked.push(headers.authorization)
    const send = (message: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data))
      asked.push(method)
      if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: { sessionCapabilities: { close: {} } } } })
      else if (method === 'session/new') send({ id, result: { sessionId: 'a-session-0123456789', cwd: params.cwd } })
      else if (method === 'session/close') send({ id, result: {} })
      else if (method === 'session/prompt') {
        if (way === 'hangs-up') return socket.terminate()
        if (way === 'noise') socket.send('this is no JSON')
        socket.send('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"a-session-0123456789","update":{"sessionUpdate":"tool_call","toolCallId":"call-0123456789abcdef","title":"t","kind":"read","rawInput":{"__proto__":{"polluted":true},"path":"a.txt"}}}}')
        send({ method: 'session/update', params: { sessionId: 'a-session-0123456789', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Hello.' } } } })
        send({ id, result: { stopReason: 'end_turn' } })
      }
    })
  })
  const { port }: Partial<AddressInfo> = Object(server.address())
  const transport = createAcpTransport({ connect: webSocketAgents({ agents: { agent: { url: `ws://127.0.0.1:${port}`, cwd: '/far/away' } } }) })
  open.push({ close: () => transport.close() }, { close: async () => void server.close() })
  return { server, asked, transport, heard: new HeardEvents(transport), start: (run: string) => transport.start({ projectId: 'p', provider: 'agent', sessionId: 's', run, prompt: 'hi', messageId: run }) }
}

it('an agent on a WebSocket: a turn, in a folder of its machine, and the session is closed behind it', async () => {
  const { start, heard, asked, transport } = await listening('answers')
  expect(await start('r')).toEqual({ ok: true })
  expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
  expect(heard.said('r')).toBe('Hello.')
  const call = heard.all.find((event) => event.type === 'message')
  const input = call?.type === 'message' ? field(call.messages[0]?.content, 'input') : undefined
  expect(textField(input, 'path')).toBe('a.txt')
  expect(Object.getOwnPropertyNames(input)).toEqual(['path'])
  await transport.close()
  expect(asked).toEqual([undefined, 'initialize', 'session/new', 'session/prompt', 'session/close'])
})

it('one that hangs up ends the run, and the next prompt begins anew', async () => {
  const { start, heard } = await listening('hangs-up')
  expect(await start('r')).toEqual({ ok: true })
  expect(await heard.end('r')).toMatchObject({ status: 'error', error: expect.stringMatching(/^The agent "agent" (closed the connection|lost its connection)/) })
  expect(await start('r2')).toEqual({ ok: true })
})

it('one that is not there is said so', async () => {
  const { server, start } = await listening('answers')
  await new Promise((resolve) => server.close(resolve))
  expect(await start('r')).toMatchObject({ ok: false, error: expect.stringMatching(/^The agent "agent" (closed|lost)/) })
})

it('what is no message does not take the session with it unsaid', async () => {
  const { start, heard } = await listening('noise')
  await start('r')
  const { status } = await heard.end('r')
  expect(['done', 'error']).toContain(status)
})
