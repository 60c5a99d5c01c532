import type { Lifecycle } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { webSocketChannel, type ConnectTrouble, type WebSocketChannelOptions } from '../src/index.ts'
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

  it('says since when it is down and when it tries again, and tries at once where it is told to', async () => {
    const { sockets, clock, channel } = open({ retryMinMs: 1_000 })
    const start = clock.now()
    expect(channel).toMatchObject({ since: start, nextAttemptAt: undefined })
    await clock.advance(2_000)
    sockets.last.opens()
    expect(channel).toMatchObject({ line: 'up', since: start + 2_000, nextAttemptAt: undefined })
    channel.retry()
    await clock.advance(1_000)
    sockets.last.ends()
    expect(channel).toMatchObject({ since: start + 3_000, nextAttemptAt: start + 3_750, reason: 'The connection was lost.' })
    channel.retry()
    channel.retry()
    expect(sockets.made).toHaveLength(2)
    expect(channel).toMatchObject({ line: 'down', since: start + 3_000, nextAttemptAt: undefined })
    channel.close()
    expect(channel).toMatchObject({ line: 'ended', nextAttemptAt: undefined })
    expect(clock.pending).toBe(0)
  })

  it('tells a refused token from a host that is gone, and asks no more where none could let it in', async () => {
    let found: ConnectTrouble | undefined = { reason: 'Nobody answers there.' }
    let asked = 0
    const findTrouble = async (): Promise<ConnectTrouble | undefined> => {
      asked += 1
      return found
    }
    const { sockets, clock, channel, lines } = open({ findTrouble })
    sockets.last.opens()
    sockets.last.ends()
    // One that was open was lost: there is nothing to be found out before the next attempt has failed too.
    expect([asked, channel.reason]).toEqual([0, 'The connection was lost.'])
    await clock.advance(1_000)
    sockets.last.ends()
    await clock.settle()
    expect([asked, channel.reason, lines.at(-1)]).toEqual([1, 'Nobody answers there.', 'down'])
    found = undefined
    await clock.advance(1_000)
    sockets.last.ends()
    // Not taken back for less while it is being asked again.
    expect(channel.reason).toBe('Nobody answers there.')
    found = { reason: 'The token is of another launch.', final: true }
    await clock.advance(2_000)
    sockets.last.ends()
    await clock.settle()
    expect(channel).toMatchObject({ line: 'ended', reason: 'The token is of another launch.', nextAttemptAt: undefined })
    const count = sockets.made.length
    await clock.advance(60_000)
    expect([sockets.made.length, clock.pending]).toEqual([count, 0])
  })

  it('F23 what was found out too late counts for nothing', async () => {
    const answers: ((trouble: ConnectTrouble) => void)[] = []
    const { sockets, clock, channel } = open({ findTrouble: () => new Promise((resolve) => answers.push(resolve)) })
    sockets.last.ends()
    await clock.advance(1_000)
    sockets.last.opens()
    answers[0]?.({ reason: 'refused', final: true })
    await clock.settle()
    expect(channel).toMatchObject({ line: 'up', reason: undefined })
  })

  it('goes on where nothing can be found out', async () => {
    const { sockets, clock, channel } = open({ findTrouble: () => Promise.reject(new Error('offline')) })
    sockets.last.ends()
    await clock.settle()
    expect(channel.reason).toMatch(/cannot be reached/)
    await clock.advance(1_000)
    expect(sockets.made).toHaveLength(2)
  })

  it('refuses what is longer than the host takes, counted in bytes, and sends nothing of it', () => {
    const { sockets, channel } = open({ maxMessageBytes: 10 })
    sockets.last.opens()
    channel.post('12345678')
    expect(() => channel.post('123456789')).toThrow(/takes 10 bytes. Nothing was sent/)
    expect(() => channel.post('üüüüü')).toThrow(/10 bytes/)
    expect(sockets.last.sent).toEqual(['"12345678"'])
    sockets.last.ends(1009)
    expect(channel.reason).toBe('The host refused a message as too long.')
  })
})
