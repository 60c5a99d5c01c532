import { createAgentStore, type AgentStore, type SessionStorage, type SnapshotSession } from '@agent-session/core'
import { createManualClock, createScriptedTransport, type ManualClock, type ScriptedTransport, type ScriptedTransportOptions } from '@agent-session/core/testing'
import { connectAgentStore, serveAgentStore, type ConnectOptions, type MirrorStore, type ServeOptions } from '../src/index.ts'
import { createTestLine, type TestLine } from './test-line.ts'

export interface HostScene {
  readonly clock: ManualClock
  readonly transport: ScriptedTransport
  readonly store: AgentStore
  /** Starts a session and gives the run that the transport was given. */
  start(projectId?: string): Promise<{ sessionId: string; run: string }>
}

export interface HostOptions extends Omit<ScriptedTransportOptions, 'clock'> {
  readonly clock?: ManualClock
  readonly storage?: SessionStorage
}

export function createHost({ clock = createManualClock(), storage, ...agent }: HostOptions = {}): HostScene {
  const transport = createScriptedTransport({ clock, ...agent })
  const store = createAgentStore({ transport, clock, random: () => 0.5, ...(storage && { storage }) })
  return {
    clock,
    transport,
    store,
    async start(projectId = 'home') {
      const started = await store.start(projectId, { provider: 'example', prompt: 'Go on.', ifRunning: 'background' })
      if (!started.ok) throw new Error(started.error)
      const command = transport.commands.findLast((known) => known.type === 'start')
      if (command?.type !== 'start') throw new Error('The transport was not asked to start.')
      return { sessionId: started.sessionId, run: command.run }
    },
  }
}

export interface MirrorScene {
  readonly line: TestLine
  readonly mirror: MirrorStore
  /** Ends what serves it, as the end of a connection does. */
  stopServing(): void
  /** Serves it again, on the same line. */
  serve(store: AgentStore): void
}

export function createMirror(
  host: HostScene,
  { connect, serve: serveOptions, line = createTestLine() }: { connect?: ConnectOptions; serve?: ServeOptions; line?: TestLine } = {},
): MirrorScene {
  const { clock } = host
  const serve = (store: AgentStore): (() => void) => serveAgentStore(store, line.host, { clock, ...serveOptions })
  let stop = serve(host.store)
  const mirror = connectAgentStore(line.mirror, { clock, random: () => 0.5, ...connect })
  return {
    line,
    mirror,
    stopServing: () => stop(),
    serve: (store) => void (stop = serve(store)),
  }
}

interface Compared {
  readonly owner: readonly Pick<SnapshotSession, 'state' | 'messages'>[]
  readonly mirror: readonly Pick<SnapshotSession, 'state' | 'messages'>[]
}

const byId = (a: SnapshotSession, b: SnapshotSession): number => (a.state.sessionId < b.state.sessionId ? -1 : 1)

/**
 * What a mirror shows, and what it should: every live and current session, those that it has beside them, and of each
 * as many of the newest messages as it has; all of them where it says that there are none before.
 */
export function compared(owner: AgentStore, mirror: AgentStore): Compared {
  const shown = new Map(mirror.snapshot().sessions.map((session) => [session.state.sessionId, session]))
  const expected = owner
    .snapshot()
    .sessions.filter(({ state }) => state.live || state.current || shown.has(state.sessionId))
    .sort(byId)
    .map(({ state, messages }) => {
      const here = shown.get(state.sessionId)
      return { state, messages: here?.hasOlder ? messages.slice(messages.length - here.messages.length) : messages }
    })
  return {
    owner: expected,
    mirror: [...shown.values()].sort(byId).map(({ state, messages }) => ({ state, messages })),
  }
}
