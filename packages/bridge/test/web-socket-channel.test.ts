import type { Lifecycle } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { webSocketChannel, type WebSocketChannelOptions } from '../src/index.ts'
import { scriptedSockets } from './scripted-socket.ts'

function open(options: WebSocketChannelOptions = {}) {
  const clock = createManualClock()
  const sockets = scriptedSockets()
  const channel = webSocketChannel('ws://localhost:1/agent-session', { clock, random: () => 0.5, WebSocket: sockets.WebSocket, ...options })
  const heard: unknown[] = []
  const lines: string[] = []
  channel.subscribe((data) => heard.push(data))
  channel.onLine((line) => lines.push(line))
  return { clock, sockets, channel, heard, lines }
}

describe('webSocketChannel', () => {
  it('offers the token as a subprotocol, apart from the address', () => {
    const { sockets } = open({ token: 'secret' })
    expect(sockets.last.url).not.toMatch(/secret/)
    expect(sockets.last.protocols).toEqual(['agent-session', 'agent-session.token.secret'])
  })

  it('sends and receives JSON once it is up, and drops what is posted before', () => {
    const { sockets, channel, heard, lines } = open()
    channel.post({ lost: true })
    sockets.last.opens()
    channel.post({ hello: 1 })
    sockets.last.says('{"welcome":2}')
    expect(sockets.last.sent).toEqual(['{"hello":1}'])
    expect(heard).toEqual([{ welcome: 2 }])
    expect(lines).toEqual(['up'])
  })

  it('takes keys that reach a prototype out of what it receives', () => {
    const { sockets, heard } = open()
    sockets.last.opens()
    sockets.last.says('{"a":[{"__proto__":{"x":1},"constructor":1,"b":2}]}')
    expect(JSON.stringify(heard)).toBe('[{"a":[{"b":2}]}]')
  })

  it('comes back after a pause that grows, one attempt at a time', async () => {
    const { sockets, clock, channel, lines } = open({ retryMinMs: 100, retryMaxMs: 1_000 })
    const pauses: number[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const [count, at] = [sockets.made.length, clock.monotonic()]
      sockets.last.ends()
      expect(channel.line).toBe('down')
      while (sockets.made.length === count) await clock.advance(25)
      expect(sockets.made).toHaveLength(count + 1)
      pauses.push(clock.monotonic() - at)
    }
    expect(pauses).toEqual([75, 150, 300, 600, 750, 750, 750])
    expect(channel.reason).toMatch(/cannot be reached/)
    sockets.last.opens()
    expect(channel).toMatchObject({ line: 'up', reason: undefined })
    expect(lines.at(-1)).toBe('up')
  })

  it('begins with a short pause again once the host has spoken, not when it merely opened', async () => {
    const { sockets, clock } = open({ retryMinMs: 100, retryMaxMs: 10_000 })
    for (let attempt = 0; attempt < 4; attempt += 1) {
      sockets.last.opens()
      sockets.last.ends()
      await clock.advance(10_000)
    }
    sockets.last.opens()
    sockets.last.says('{}')
    sockets.last.ends()
    const count = sockets.made.length
    await clock.advance(75)
    expect(sockets.made).toHaveLength(count + 1)
  })

  it('leaves the moment to chance', async () => {
    const made = [0, 0.999].map((value) => {
      const scene = open({ random: () => value, retryMinMs: 1_000 })
      scene.sockets.last.ends()
      return scene
    })
    for (const { clock } of made) await clock.advance(600)
    expect(made.map(({ sockets }) => sockets.made.length)).toEqual([2, 1])
  })

  it('ignores what an old connection still brings', async () => {
    const { sockets, clock, channel, heard } = open()
    const old = sockets.last
    old.opens()
    old.ends()
    await clock.advance(1_000)
    sockets.last.opens()
    old.says('{"late":true}')
    old.ends()
    old.opens()
    expect(heard).toEqual([])
    expect(channel.line).toBe('up')
    expect(sockets.made).toHaveLength(2)
  })

  it('gives up an attempt that takes too long', async () => {
    const { sockets, clock } = open({ connectTimeoutMs: 5_000 })
    await clock.advance(5_000)
    expect(sockets.made[0]?.closed).toBe(true)
    await clock.advance(1_000)
    expect(sockets.made).toHaveLength(2)
    sockets.made[0]?.opens()
    sockets.last.opens()
    expect(sockets.last.closed).toBe(false)
  })

  it('notices a line that is dead', async () => {
    const { sockets, clock, channel } = open({ heartbeatMs: 10_000, heartbeatTimeoutMs: 5_000 })
    sockets.last.opens()
    await clock.advance(9_000)
    sockets.last.says('{}')
    await clock.advance(9_000)
    expect(sockets.last.sent).toEqual([])
    await clock.advance(1_000)
    expect(sockets.last.sent).toEqual(['ping'])
    sockets.last.says('pong')
    await clock.advance(14_000)
    expect(channel.line).toBe('up')
    await clock.advance(1_000)
    expect(sockets.last.sent).toEqual(['ping', 'ping'])
    await clock.advance(5_000)
    expect(channel).toMatchObject({ line: 'down', reason: expect.stringMatching(/dead/) })
    expect(sockets.made[0]?.closed).toBe(true)
  })

  it('does not tell the heartbeat as data', () => {
    const { sockets, heard } = open()
    sockets.last.opens()
    sockets.last.says('pong')
    expect(heard).toEqual([])
  })

  it('lets go of a host that speaks no JSON', async () => {
    const { sockets, clock, channel } = open()
    sockets.last.opens()
    sockets.last.says('<html>')
    expect(channel.line).toBe('down')
    await clock.advance(1_000)
    expect(sockets.made).toHaveLength(2)
  })

  it('tries at once when the machine wakes', async () => {
    let wake = (): void => {}
    const lifecycle: Lifecycle = {
      onHide: () => () => {},
      onWake: (listener) => {
        wake = listener
        return () => void (wake = () => {})
      },
    }
    const { sockets, clock, channel } = open({ lifecycle })
    for (let attempt = 0; attempt < 10; attempt += 1) {
      sockets.last.ends()
      await clock.advance(20_000)
    }
    sockets.last.ends()
    const count = sockets.made.length
    wake()
    wake()
    expect(sockets.made).toHaveLength(count + 1)
    sockets.last.opens()
    wake()
    expect(sockets.last.sent).toEqual(['ping'])
    channel.close()
    wake()
    expect(clock.pending).toBe(0)
  })

  it('ends when it is closed, whatever it is doing', async () => {
    for (const until of ['opening', 'open', 'waiting']) {
      const { sockets, clock, channel, lines } = open()
      if (until !== 'opening') sockets.last.opens()
      if (until === 'waiting') sockets.last.ends()
      channel.close()
      channel.close()
      await clock.advance(60_000)
      expect(sockets.made).toHaveLength(1)
      expect(channel.line).toBe('ended')
      expect(lines.filter((line) => line === 'ended')).toHaveLength(1)
      expect(clock.pending).toBe(0)
    }
  })

  it('ends where no attempt could ever succeed', () => {
    const Refusing = class extends scriptedSockets().WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        throw new SyntaxError('The URL is invalid.')
      }
    }
    const { channel } = open({ WebSocket: Refusing })
    expect(channel).toMatchObject({ line: 'ended', reason: 'The URL is invalid.' })
  })
})
