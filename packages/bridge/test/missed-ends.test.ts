import type { Notification } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { createHost, createMirror, type HostScene } from './bridge-scene.ts'

const end = (host: HostScene, { sessionId, run }: { sessionId: string; run: string }, status = 'done', error?: string): void =>
  host.transport.emit({ type: 'status', sessionId, run, status, ...(error !== undefined && { error }) })

/** A mirror of a host with so many runs under way, and what it was told. */
async function scene(runs: number) {
  const host = createHost()
  const begun = []
  for (let index = 0; index < runs; index += 1) begun.push(await host.start(`p${index}`))
  const made = createMirror(host)
  const told: Notification[] = []
  const states: string[] = []
  made.mirror.on('notification', (notification) => {
    told.push(notification)
    states.push(made.mirror.connection.state)
  })
  await made.mirror.ready
  return { host, begun, told, states, ...made }
}

const words = (told: readonly Notification[]): string[] => told.map(({ variant, message }) => `${variant}: ${message}`)

describe('runs that end while a window is away', () => {
  it.each([['on a new connection', true], ['on the same', false]])('B18 are told once it is back, %s, and what needs a person is right', async (_, anew) => {
    const { host, begun, told, states, line, mirror, stopServing, serve } = await scene(4)
    const [one, two, three, four] = begun
    if (!one || !two || !three || !four) throw new Error('There are four.')
    line.down()
    if (anew) stopServing()
    end(host, one)
    end(host, two, 'error', 'no luck')
    void host.store.stopSession(three.sessionId)
    host.transport.emit({ type: 'permission', sessionId: four.sessionId, run: four.run, request: { id: 'q', title: 'May I?', options: [] } })
    await host.clock.settle()
    expect(told).toEqual([])
    if (anew) serve(host.store)
    line.up()
    await host.clock.settle()
    expect(words(told)).toEqual(['success: Agent completed on p0', 'error: Agent error on p1: no luck', 'info: Agent stopped on p2'])
    expect(new Set(states)).toEqual(new Set(['connected']))
    expect(begun.map(({ sessionId }) => mirror.sessionHealth(sessionId)?.attention.reason)).toEqual(['finished', 'error', 'finished', 'question'])
    // Back again it tells nothing twice.
    line.down()
    line.up()
    await host.clock.settle()
    expect(told).toHaveLength(3)
  })

  it('are told too where all has to be sent anew', async () => {
    const { host, begun, told, line } = await scene(1)
    const [one] = begun
    if (!one) throw new Error('There is one.')
    line.down()
    for (let n = 0; n < 5_000; n += 1) {
      host.transport.emit({ type: 'delta', sessionId: one.sessionId, run: one.run, id: 'm', kind: 'text', text: 'x' })
      await Promise.resolve()
    }
    end(host, one)
    await host.clock.settle()
    line.up()
    await host.clock.settle()
    expect(words(told)).toEqual(['success: Agent completed on p0'])
  })

  it('are not told again where the host had told it as the line went', async () => {
    const { host, begun, told, line } = await scene(1)
    const [one] = begun
    if (!one) throw new Error('There is one.')
    // The word of it comes through, the change is lost.
    line.held = true
    end(host, one)
    await host.clock.settle()
    const isNotification = (text: string): boolean => text.includes('"t":"notification"')
    line.deliver('toMirror', line.waiting.toMirror.findIndex(isNotification))
    expect(words(told)).toEqual(['success: Agent completed on p0'])
    line.down()
    line.held = false
    line.up()
    await host.clock.settle()
    expect(words(told)).toEqual(['success: Agent completed on p0'])
  })

  it('a window that has just been opened is told of nothing that was before it', async () => {
    const host = createHost()
    end(host, await host.start())
    await host.clock.settle()
    const { mirror } = createMirror(host)
    const told: Notification[] = []
    mirror.on('notification', (notification) => told.push(notification))
    await mirror.ready
    await host.clock.settle()
    expect(told).toEqual([])
  })
})
