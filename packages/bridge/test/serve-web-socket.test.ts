import { createServer, request, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { createAgentStore, type AgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport, type ScriptedTransport } from '@agent-session/core/testing'
import { WebSocket } from 'ws'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectAgentStore, webSocketChannel, type MirrorStore, type SocketConstructor, type SocketLike } from '../src/index.ts'
import { createLaunchToken, serveWebSocket, type ServedWebSocket, type ServeWebSocketOptions } from '../src/node/index.ts'
import { compared } from './bridge-scene.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

interface Host {
  readonly store: AgentStore
  readonly transport: ScriptedTransport
  readonly served: ServedWebSocket
  readonly token: string
  readonly rejections: string[]
}

async function host(options: Partial<ServeWebSocketOptions> = {}): Promise<Host> {
  const transport = createScriptedTransport()
  const store = options.store ?? createAgentStore({ transport })
  const token = options.token ?? createLaunchToken()
  const rejections: string[] = []
  const served = await serveWebSocket({ store, token, onRejected: (reason) => rejections.push(reason), ...options })
  ends.push(() => served.close(), () => store.dispose())
  return { store, transport, served, token, rejections }
}

/** What a client gets: that it may speak, or the bare status and nothing else. */
function knock(url: string, headers: Record<string, string>, protocols: string[] = []): Promise<{ open: boolean; status?: number; data: string }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, { headers })
    socket.on('open', () => {
      resolve({ open: true, data: '' })
      socket.terminate()
    })
    socket.on('unexpected-response', (_request, response) => {
      let data = ''
      response.on('data', (chunk: Buffer) => (data += String(chunk)))
      response.on('end', () => resolve({ open: false, status: response.statusCode ?? 0, data }))
    })
    socket.on('error', () => {})
  })
}

const from = (origin: string): SocketConstructor =>
  class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { origin })
    }
  }

function mirrorOf({ served, token }: Pick<Host, 'served' | 'token'>): MirrorStore {
  const mirror = connectAgentStore(
    webSocketChannel(served.url, { token, WebSocket: from(`http://127.0.0.1:${served.port}`), retryMinMs: 5, retryMaxMs: 20 }),
  )
  ends.push(() => mirror.dispose())
  return mirror
}

const until = (check: () => unknown): Promise<unknown> => vi.waitFor(() => expect(check()).toBeTruthy(), { timeout: 20_000, interval: 2 })

describe('who is let in', () => {
  it('is who has the token, calls the host by its own name and comes from its own page', async () => {
    const { served, token, rejections } = await host()
    const { port, url } = served
    expect(url).toBe(`ws://127.0.0.1:${port}/agent-session`)
    const own = `http://127.0.0.1:${port}`
    for (const name of ['127.0.0.1', 'localhost', 'LocalHost', '[::1]']) {
      const headers = { host: `${name}:${port}`, origin: `http://${name}:${port}` }
      expect({ name, ...(await knock(`${url}?token=${token}`, headers)) }).toMatchObject({ name, open: true })
    }
    expect(await knock(url, { origin: own }, ['agent-session', `agent-session.token.${token}`])).toMatchObject({ open: true })
    expect(rejections).toEqual([])
  })

  it('is nobody else, and they learn nothing', async () => {
    const { served, token, rejections, store } = await host()
    await store.start('p', { provider: 'x', prompt: 'secret' })
    const { port, url } = served
    const own = `http://127.0.0.1:${port}`
    const good = `${url}?token=${token}`
    const cases: [string, number, string, Record<string, string>, string[]?][] = [
      ['no token', 401, url, { origin: own }],
      ['an empty token', 401, `${url}?token=`, { origin: own }],
      ['a wrong token', 401, `${url}?token=${createLaunchToken()}`, { origin: own }],
      ['the beginning of the token', 401, `${url}?token=${token.slice(0, -1)}`, { origin: own }],
      ['a wrong token as a subprotocol', 401, url, { origin: own }, ['agent-session', 'agent-session.token.x']],
      ['a wrong token as a subprotocol beside the right one', 401, good, { origin: own }, ['agent-session', 'agent-session.token.x']],
      ['no origin', 403, good, {}],
      ['a foreign origin', 403, good, { origin: 'https://evil.example' }],
      ['another port of this machine', 403, good, { origin: `http://127.0.0.1:${port + 1}` }],
      ['an origin that begins as ours', 403, good, { origin: `${own}.evil.example` }],
      ['another scheme', 403, good, { origin: `https://127.0.0.1:${port}` }],
      ['an opaque origin', 403, good, { origin: 'null' }],
      ['a foreign host', 403, good, { origin: own, host: `evil.example:${port}` }],
      ['a host of another port', 403, good, { origin: own, host: `127.0.0.1:${port + 1}` }],
      ['a host without a port', 403, good, { origin: own, host: '127.0.0.1' }],
      ['a host bent to this machine, with its own page', 403, good, { origin: `http://evil.example:${port}`, host: `evil.example:${port}` }],
      ['another path', 404, good.replace('/agent-session', '/'), { origin: own }],
      ['a longer path', 404, good.replace('/agent-session', '/agent-session/x'), { origin: own }],
    ]
    for (const [what, status, address, headers, protocols] of cases) {
      expect({ what, ...(await knock(address, headers, protocols)) }).toEqual({ what, open: false, status, data: '' })
    }
    expect(rejections).toHaveLength(cases.length)
    expect(rejections.join()).not.toContain(token)
  })

  it('is nobody without a Host, and nobody who asks plain HTTP', async () => {
    const { served, token } = await host()
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(served.port, '127.0.0.1', () => {
        socket.write(`GET /agent-session?token=${token} HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://127.0.0.1:${served.port}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`)
      })
      let text = ''
      socket.on('data', (chunk) => (text += String(chunk)))
      socket.on('close', () => resolve(text))
    })
    expect(raw).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
    const status = await new Promise((resolve) => {
      request({ port: served.port, path: `/agent-session?token=${token}` }, (response) => resolve(response.resume().statusCode)).end()
    })
    expect(status).toBe(404)
  })

  it('can be another page, where the app says so; then its own is not', async () => {
    const { served, token } = await host({ allowedOrigins: ['tauri://localhost', 'http://localhost:5173'] })
    const url = `${served.url}?token=${token}`
    expect(await knock(url, { origin: 'tauri://localhost' })).toMatchObject({ open: true })
    expect(await knock(url, { origin: 'http://localhost:5173' })).toMatchObject({ open: true })
    expect(await knock(url, { origin: `http://127.0.0.1:${served.port}` })).toMatchObject({ status: 403 })
  })

  it('is so many at once and no more', async () => {
    const one = await host({ maxClients: 1 })
    const mirror = mirrorOf(one)
    await mirror.ready
    const refused = await knock(`${one.served.url}?token=${one.token}`, { origin: `http://127.0.0.1:${one.served.port}` })
    expect(refused).toMatchObject({ status: 503 })
    expect(mirror.connection.state).toBe('connected')
  })

  it('needs a token that nobody can guess', async () => {
    const store = createAgentStore({ transport: createScriptedTransport() })
    for (const token of ['', 'short', 'with spaces in it, long enough', 'täglich-etwas-anderes']) {
      await expect(serveWebSocket({ store, token })).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    expect(new Set(Array.from({ length: 100 }, createLaunchToken)).size).toBe(100)
    expect(createLaunchToken()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('listens on loopback alone, and says when the port is taken', async () => {
    const { served, store, token } = await host()
    const again = await serveWebSocket({ store, token, port: served.port }).catch((error: unknown) => error)
    expect(again).toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('a client that misbehaves', () => {
  it.each<[string, (socket: WebSocket) => void, number]>([
    ['speaks no JSON', (socket) => socket.send('{"t":'), 1007],
    ['sends binary data', (socket) => socket.send(Buffer.from([1, 2, 3])), 1007],
    ['sends too much at once', (socket) => socket.send('x'.repeat(2_000)), 1009],
  ])('%s is sent away, and the others stay', async (_what, misbehave, expected) => {
    const one = await host({ maxPayloadBytes: 1_000 })
    const mirror = mirrorOf(one)
    await mirror.ready
    const socket = new WebSocket(`${one.served.url}?token=${one.token}`, { origin: `http://127.0.0.1:${one.served.port}` })
    const code = await new Promise((resolve) => {
      socket.on('open', () => misbehave(socket))
      socket.on('close', resolve)
      socket.on('error', () => {})
    })
    expect(code).toBe(expected)
    expect(await mirror.start('p', { provider: 'x', prompt: 'Still there?' })).toMatchObject({ ok: true })
  })

  it('does not answer signs of life and is let go', async () => {
    const clock = createManualClock()
    const one = await host({ clock, heartbeatMs: 1_000 })
    const socket = new WebSocket(`${one.served.url}?token=${one.token}`, { origin: `http://127.0.0.1:${one.served.port}`, autoPong: false })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    const pinged = new Promise((resolve) => socket.on('ping', resolve))
    await new Promise((resolve) => socket.on('open', resolve))
    await clock.advance(1_000)
    await pinged
    await clock.advance(1_000)
    expect(await closed).toBe(1006)
    expect(clock.pending).toBe(0)
  })

  it('does not read: the host holds back, and it gets all once it reads again', async () => {
    // No timer fires in it: nothing comes after the flood that could bring the rest along.
    const transport = createScriptedTransport()
    const store = createAgentStore({ transport, clock: createManualClock() })
    const one = await host({ maxBufferedBytes: 64 * 1024, store })
    const sockets: SocketLike[] = []
    let receivedBytes = 0
    const mirror = connectAgentStore(
      webSocketChannel(one.served.url, {
        token: one.token,
        WebSocket: class extends from(`http://127.0.0.1:${one.served.port}`) {
          constructor(url: string, protocols: string[]) {
            super(url, protocols)
            sockets.push(this)
            this.addEventListener('message', ({ data }) => (receivedBytes += String(data).length))
          }
        },
      }),
    )
    ends.push(() => mirror.dispose())
    await mirror.ready
    const raw = sockets.find((socket) => socket instanceof WebSocket)
    const started = await mirror.start('p', { provider: 'x', prompt: 'Flood me.' })
    const command = transport.commands[0]
    if (!started.ok || command?.type !== 'start') throw new Error('It did not start.')
    raw?.pause()
    const text = 'x'.repeat(10_000)
    // 80 MB: more than the sockets of any system take.
    for (let n = 0; n < 8_000; n += 1) {
      transport.emit({ type: 'message', sessionId: started.sessionId, run: command.run, messages: [{ id: `m${n}`, type: 'text', content: { text }, timestamp: 1 }] })
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const { revision } = store.snapshot()
    expect(mirror.snapshot().revision).toBeLessThan(revision)
    raw?.resume()
    await until(() => mirror.snapshot().revision === store.snapshot().revision)
    const { owner, mirror: shown } = compared(store, mirror)
    expect(shown).toEqual(owner)
    // The newest messages, and what the system's own buffers took: not the 80 MB that there were to tell.
    expect(receivedBytes).toBeLessThan(30_000_000)
  }, 30_000)
})

describe('a client that asks and asks and never reads', () => {
  it('is cut off', async () => {
    const one = await host({ maxUnreadBytes: 1_000_000, maxClients: 1 })
    const socket = new WebSocket(`${one.served.url}?token=${one.token}`, { origin: `http://127.0.0.1:${one.served.port}` })
    await new Promise((resolve) => socket.on('open', resolve))
    const started = await one.store.start('p', { provider: 'x', prompt: 'x'.repeat(200_000) })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.pause()
    for (let n = 0; n < 200; n += 1) {
      socket.send(JSON.stringify({ t: 'q', i: `i${n}`, m: 'loadMessages', a: [started.ok && started.sessionId, {}] }))
    }
    const gone = vi.waitFor(async () => {
      // Let in again only once the place is free.
      const other = await knock(`${one.served.url}?token=${one.token}`, { origin: `http://127.0.0.1:${one.served.port}` })
      expect(other.open).toBe(true)
    }, { timeout: 20_000, interval: 20 })
    await gone
    socket.resume()
    expect(await closed).toBe(1006)
  })
})

describe('a window over a real socket', () => {
  it('shows what the host has, and its commands work', async () => {
    const one = await host()
    const mirror = mirrorOf(one)
    await mirror.ready
    const started = await mirror.start('p', { provider: 'x', prompt: 'Go on.' })
    expect(started).toMatchObject({ ok: true })
    expect(mirror.getSession('p')).toMatchObject({ status: 'running' })
    expect(await mirror.getSession('p')?.stop()).toEqual({ ok: true })
    expect(mirror.getSession('p')).toMatchObject({ status: 'done', endReason: 'stopped' })
    expect(await mirror.listSessions('p')).toEqual(await one.store.listSessions('p'))
    expect(mirror.snapshot()).toEqual(one.store.snapshot())
  })

  it('is told that a prompt is too long for its line, and the line holds', async () => {
    const served = await host({ maxPayloadBytes: 1_000_000 })
    const mirror = connectAgentStore(
      webSocketChannel(served.served.url, { token: served.token, WebSocket: from(`http://127.0.0.1:${served.served.port}`), maxMessageBytes: 1_000_000 }),
    )
    ends.push(() => mirror.dispose())
    await mirror.ready
    const image = (letters: number) => [{ type: 'image', mimeType: 'image/png', data: 'A'.repeat(letters) } as const]
    expect(await mirror.start('p', { provider: 'x', prompt: image(1_000_000) })).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringContaining('too long') })
    expect(mirror.connection.state).toBe('connected')
    expect(await mirror.start('p', { provider: 'x', prompt: image(900_000) })).toMatchObject({ ok: true })
    expect(mirror.getSession('p')?.lastMessage?.prompt).toEqual(image(900_000))
  })

  it('is told at once that it will never be ready where its token is refused', async () => {
    const { served } = await host()
    const final = { reason: 'Another launch.', final: true } as const
    const mirror = connectAgentStore(
      webSocketChannel(served.url, { token: createLaunchToken(), WebSocket: from(`http://127.0.0.1:${served.port}`), findTrouble: async () => final }),
    )
    ends.push(() => mirror.dispose())
    await expect(mirror.ready).rejects.toMatchObject({ code: 'disconnected', message: 'Another launch.' })
    expect(mirror.connection).toEqual({ state: 'disconnected', error: 'Another launch.' })
  })

  it('comes back by itself when the host is killed and started again on the same port', async () => {
    const first = await host()
    const { port } = first.served
    const mirror = mirrorOf(first)
    await mirror.ready
    await mirror.start('p', { provider: 'x', prompt: 'Before.' })
    const session = mirror.getSession('p')
    await first.served.close()
    await until(() => mirror.connection.state === 'reconnecting')
    expect(session?.messages).toHaveLength(1)
    expect(await mirror.prompt('p', 'Anybody?')).toMatchObject({ ok: false, code: 'disconnected' })

    const second = await host({ port, token: first.token })
    await second.store.start('q', { provider: 'x', prompt: 'After.' })
    await until(() => mirror.connection.state === 'connected')
    expect(mirror.hasSession('q')).toBe(true)
    expect(mirror.hasSession('p')).toBe(false)
    expect(session).toMatchObject({ live: false, endReason: 'interrupted' })
    expect(mirror.snapshot()).toEqual(second.store.snapshot())
  })

  it('comes back to the same store without being sent all again', async () => {
    const first = await host()
    const mirror = mirrorOf(first)
    await mirror.ready
    await mirror.start('p', { provider: 'x', prompt: 'Before.' })
    const session = mirror.getSession('p')
    const [user] = session?.messages ?? []
    await first.served.close()
    await until(() => mirror.connection.state === 'reconnecting')
    await first.store.prompt('p', 'Meanwhile.')
    await host({ port: first.served.port, token: first.token, store: first.store })
    await until(() => mirror.connection.state === 'connected')
    expect(mirror.getSession('p')).toBe(session)
    expect(session?.queue).toHaveLength(1)
    expect(session?.messages[0]).toBe(user)
  })

  it('is not let in any more where the token is that of another launch, and says so', async () => {
    const first = await host()
    const mirror = mirrorOf(first)
    await mirror.ready
    await first.served.close()
    const second = await host({ port: first.served.port })
    await until(() => second.rejections.length > 1)
    expect(mirror.connection).toMatchObject({ state: 'reconnecting', error: expect.stringMatching(/refuses this page/) })
  })
})

describe('a server that is shared', () => {
  const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => {
      ends.push(() => new Promise((closed) => (server.close(closed), server.closeAllConnections())))
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })

  it('goes on serving its page, and stays when the socket ends', async () => {
    const server = createServer((_request, response) => response.end('the page'))
    const port = await listen(server)
    const one = await host({ server, path: '/socket' })
    expect(one.served).toMatchObject({ port, url: `ws://127.0.0.1:${port}/socket` })
    const mirror = mirrorOf(one)
    await mirror.ready
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the page')
    await one.served.close()
    await until(() => mirror.connection.state === 'reconnecting')
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the page')
  })

  it('may be given before it listens', async () => {
    const server = createServer()
    const serving = host({ server })
    await listen(server)
    await mirrorOf(await serving).ready
  })

  it('keeps the sockets that others serve on it', async () => {
    const server = createServer()
    await listen(server)
    const one = await host({ server })
    const others: (string | undefined)[] = []
    server.on('upgrade', ({ url }, socket) => {
      if (url === '/hot-reload') socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
      others.push(url)
    })
    const { port } = one.served
    expect(await knock(`ws://127.0.0.1:${port}/hot-reload`, { origin: 'http://localhost' })).toMatchObject({ status: 418 })
    expect(await knock(one.served.url, { origin: `http://127.0.0.1:${port}` })).toMatchObject({ status: 401 })
  })
})
