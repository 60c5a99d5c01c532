import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { systemClock } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { field, textField } from '@agent-session/core/transport'
import { acpSocketProvider, createAcpTransport, webSocketAgents } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** An agent on a WebSocket of this machine. */
async function listening(way: 'answers' | 'hangs-up' | 'noise' | 'silent' | 'another-version' | 'login') {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const asked: unknown[] = []
  server.on('connection', (socket, { headers }) => {
    asked.push(headers.authorization)
    const send = (message: object): void => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data))
      asked.push(method)
      if (way === 'silent') return
      if (method === 'initialize' && way === 'login') send({ id, error: { code: -32_000, message: 'Authentication required' } })
      else if (method === 'initialize') send({ id, result: { protocolVersion: way === 'another-version' ? 7 : 1, agentInfo: { name: 'far', version: '1.2.3' }, agentCapabilities: { sessionCapabilities: { close: {} } } } })
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
  return { server, asked, transport, url: `ws://127.0.0.1:${port}`, heard: new HeardEvents(transport), start: (run: string) => transport.start({ projectId: 'p', provider: 'agent', sessionId: 's', run, prompt: 'hi', messageId: run }) }
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

describe('a look at an agent on a WebSocket', () => {
  const never = new Promise<void>(() => {})
  const probe = (url: string, { clock = systemClock, withdrawn = never } = {}) => acpSocketProvider({ url, cwd: '/far/away' }).probe?.({ name: 'far', clock, withdrawn })

  it('greets it, tells its version, and leaves no connection behind', async () => {
    const { url, asked, server } = await listening('answers')
    expect(await probe(url)).toEqual({ usable: true, version: '1.2.3' })
    expect(asked).toEqual([undefined, 'initialize'])
    await Promise.all([...server.clients].map((socket) => once(socket, 'close')))
  })

  it('says that nobody is there, that somebody has to log in, and what is no such agent', async () => {
    const { url, server } = await listening('answers')
    await new Promise((resolve) => server.close(resolve))
    expect(await probe(url)).toEqual({ usable: false, code: 'unreachable', message: expect.stringContaining(url) })
    expect(await probe((await listening('login')).url)).toMatchObject({ usable: false, code: 'not-logged-in' })
    expect(await probe((await listening('another-version')).url)).toMatchObject({ usable: false, code: 'failed', message: expect.stringContaining('version 7') })
    expect(await probe('not an address')).toMatchObject({ usable: false })
  })

  const silent = { 'an agent that does not answer': async () => listening('silent'), 'what is no WebSocket': acceptsAndKeepsSilent }

  it.each([
    ['limit', 'an agent that does not answer'],
    ['limit', 'what is no WebSocket'],
    ['withdrawn', 'an agent that does not answer'],
    ['withdrawn', 'what is no WebSocket'],
  ] as const)('F34 is bounded, and ends its connection: %s, %s', async (how, who) => {
    const { url, server } = await silent[who]()
    const clock = createManualClock()
    let withdraw = (): void => {}
    const probing = probe(url, { clock, withdrawn: new Promise<void>((resolve) => (withdraw = resolve)) })
    const [socket] = await once(server, 'connection')
    const closed = once(socket, 'close')
    socket.resume()
    if (how === 'limit') await clock.advance(5_000)
    else withdraw()
    expect(await probing).toEqual({ usable: false, code: 'unreachable', message: `Nothing at ${url} greeted within 5 s` })
    await closed
    expect(clock.pending).toBe(0)
  })

  it('in a registry it takes what such an agent can be told, and runs', async () => {
    const { url } = await listening('answers')
    const registry = transportRegistry({ far: acpSocketProvider({ url, cwd: '/far/away' }, { title: 'Far away' }) })
    open.push(registry)
    expect(await registry.providers()).toEqual([{ name: 'far', title: 'Far away', usable: true, version: '1.2.3' }])
    const heard = new HeardEvents(registry)
    const start = (more: object) => registry.start({ projectId: 'p', provider: 'far', sessionId: 's', run: 'r', prompt: 'hi', messageId: 'm', ...more })
    expect(await start({ extraEnv: { A: 'b' } })).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(await start({})).toEqual({ ok: true })
    await heard.end('r')
    expect(heard.said('r')).toBe('Hello.')
  })
})

/** A port that takes connections and never says a word, not even of HTTP. */
async function acceptsAndKeepsSilent() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({ close: async () => void server.close() })
  const { port }: Partial<AddressInfo> = Object(server.address())
  return { server, url: `ws://127.0.0.1:${port}` }
}
