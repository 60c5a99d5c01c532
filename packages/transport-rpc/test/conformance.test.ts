import { transportCases, type TransportScene, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { RpcTransport } from '../src/client/rpc-transport.ts'
import { pageLine } from '../src/agent-rpc.ts'
import { serveAgentRpc } from '../src/index.ts'
import { desktopRpc, type DesktopRpc } from './desktop-rpc.ts'
import { oldHost, type OldHost, type OldHostOptions } from './old-host.ts'
import { scriptedAgents } from './served-agents.ts'
import { channelPair } from './channel-pair.ts'

const makeIds = () => {
  let ids = 0
  return () => `id-${(ids += 1)}`
}

function page(rpc: Parameters<typeof pageLine>[0], held: () => readonly string[], more: Pick<TransportUnderTest, 'reopen' | 'dispose'>): TransportUnderTest {
  const clock = createManualClock()
  const transport = new RpcTransport({ line: pageLine(rpc, makeIds()), clock, makeId: makeIds(), costs: 'session' })
  const { pending } = clock
  const isClosed = { yet: false }
  const close = transport.close.bind(transport)
  transport.close = () => {
    isClosed.yet = true
    return close()
  }
  return {
    transport,
    leftovers: () => [...Array.from({ length: pending }, () => 'a timer'), ...transport.held(), ...(isClosed.yet ? held() : [])],
    ...more,
  }
}

const listening = (rpc: DesktopRpc): readonly string[] => rpc.held.filter((what) => what === 'a listener')

describe('a host of the first system', () => {
  const without = { asks: 'the wire has no questions' }
  const habits: readonly OldHostOptions[] = [{}, { tellsStop: 'never' }, { tellsStop: 'late' }]
  for (const options of habits) {
    describe(`that tells the end of a stopped turn ${options.tellsStop ?? 'at once'}`, () => {
      const open = (scene: TransportScene): TransportUnderTest => under(oldHost(scene, options))
      const under = (host: OldHost): TransportUnderTest => page(host.rpc.page, () => listening(host.rpc), {})
      for (const { name, run } of transportCases) test(name, () => run({ open, without }))
    })
  }
})

describe('a transport of ours behind the wire', () => {
  const without = { asks: 'the wire has no questions' }

  describe('over the RPC of a desktop window', () => {
    const open = (scene: TransportScene): TransportUnderTest => {
      const host = serveAgentRpc({ transport: scriptedAgents(scene), clock: createManualClock(), newId: makeIds() })
      const rpc = desktopRpc(host.requests)
      host.connect(rpc.host)
      const again = (): TransportUnderTest => {
        const next = desktopRpc(host.requests)
        host.connect(next.host)
        return page(next.page, () => listening(next), { dispose: () => host.close() })
      }
      return page(rpc.page, () => listening(rpc), { reopen: again, dispose: async () => {} })
    }
    for (const { name, run } of transportCases) test(name, () => run({ open, without }))
  })

  describe('over a plain channel', () => {
    const open = (scene: TransportScene): TransportUnderTest => {
      const { host: hostEnd, page: pageEnd, listeners } = channelPair()
      const host = serveAgentRpc({ transport: scriptedAgents(scene), rpc: hostEnd, clock: createManualClock(), newId: makeIds() })
      return page(pageEnd, () => Array.from({ length: listeners.page }, () => 'a listener'), { dispose: () => host.close() })
    }
    for (const { name, run } of transportCases) test(name, () => run({ open, without }))
  })
})
