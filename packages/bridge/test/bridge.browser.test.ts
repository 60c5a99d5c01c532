import { createAgentStore, type Channel } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { connectAgentStore, serveAgentStore, webSocketChannel } from '../src/index.ts'

/** As the README shows it. */
const portChannel = (port: MessagePort): Channel => ({
  post: (data) => port.postMessage(data),
  subscribe(listener) {
    const onMessage = (event: MessageEvent): void => listener(event.data)
    port.addEventListener('message', onMessage)
    port.start()
    return () => port.removeEventListener('message', onMessage)
  },
  close: () => port.close(),
})

describe('in a browser', () => {
  it('a mirror over a MessagePort streams what the host has, and answers its questions', async () => {
    const transport = createScriptedTransport({
      async script(turn) {
        await turn.stream('May I go on?')
        const answer = await turn.ask('Go on', [{ id: 'yes', label: 'Yes', kind: 'allow_once' }])
        await turn.stream(`You said ${answer}.`)
      },
    })
    const store = createAgentStore({ transport })
    const { port1, port2 } = new MessageChannel()
    const stop = serveAgentStore(store, portChannel(port1))
    const mirror = connectAgentStore(portChannel(port2))
    await mirror.ready
    expect(await mirror.start('home', { provider: 'x', prompt: 'Hello.' })).toMatchObject({ ok: true })
    const session = mirror.getSession('home')
    const until = (check: () => unknown): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => void (check() && resolve())
        session?.subscribe(look)
        look()
      })
    await until(() => session?.permissions[0]?.state === 'pending')
    expect(await session?.respond(session.permissions[0]?.id ?? '', { optionId: 'yes' })).toEqual({ ok: true })
    await until(() => session?.status === 'done')
    expect(session?.messages.map(({ content }) => content)).toEqual(['Hello.', 'May I go on?', 'You said yes.'])
    // A patch that takes a field away travels by structured clone as by JSON.
    await session?.rename('A name')
    expect(session?.title).toBe('A name')
    await session?.rename('')
    expect(session?.title).toBeUndefined()
    await mirror.flush()
    expect(session?.saved).toBe('saved')
    expect(mirror.snapshot()).toEqual(store.snapshot())
    await mirror.dispose()
    stop()
    await store.dispose()
  })

  it('the own WebSocket of the browser is used, and a host that is not there is said to be so', async () => {
    // A port that no browser connects to.
    const channel = webSocketChannel('ws://127.0.0.1:1/', { token: 'x'.repeat(20) })
    await new Promise<void>((resolve) => void channel.onLine(() => resolve()))
    expect(channel.line).toBe('down')
    expect(channel.reason).toMatch(/cannot be reached/)
    channel.close()
    expect(channel.line).toBe('ended')
  })
})
