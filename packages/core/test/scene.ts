import {
  createAgentStore,
  createMemoryStorage,
  type AgentSession,
  type AgentSessionError,
  type OwnedAgentStore,
  type Connection,
  type Notification,
  type SessionStorage,
  type StartRequest,
  type StoreChange,
  type StoreOptions,
} from '../src/index.ts'
import {
  createFaultyStorage,
  createManualClock,
  createScriptedTransport,
  type FaultyStorage,
  type ManualClock,
  type ScriptedCommand,
  type ScriptedTransport,
  type ScriptedTransportOptions,
} from '../src/testing/index.ts'
import { AgentVoice } from './agent-voice.ts'
import { must } from './must.ts'

export const project = 'demo'

export interface SceneOptions
  extends Omit<StoreOptions, 'transport' | 'storage' | 'clock'>,
    Omit<ScriptedTransportOptions, 'clock'> {
  /** What is on disk: hand the same one to two scenes, and the second is the process after a restart. */
  readonly disk?: SessionStorage
  readonly clock?: ManualClock
}

export interface Heard {
  readonly notifications: Notification[]
  readonly warnings: AgentSessionError[]
  readonly errors: AgentSessionError[]
  readonly connections: Connection[]
  readonly changes: StoreChange[]
}

/** A store between a transport, a storage and a clock that do as a test says; what the store tells is written down. */
export interface Scene {
  readonly store: OwnedAgentStore
  readonly transport: ScriptedTransport
  readonly storage: FaultyStorage
  readonly disk: SessionStorage
  readonly clock: ManualClock
  readonly heard: Heard
  /** Starts a session and gives it; its transport has accepted. */
  start(request?: Partial<StartRequest>, projectId?: string): Promise<AgentSession>
  /** The agent of the session's present run. */
  agent(session: AgentSession): AgentVoice
  commands<Type extends ScriptedCommand['type']>(type: Type): Extract<ScriptedCommand, { type: Type }>[]
}

export function createScene(options: SceneOptions = {}): Scene {
  const { clock = createManualClock(), disk = createMemoryStorage(), capabilities, script, reply, attach, list, providers, ...rest } = options
  const storage = createFaultyStorage({ storage: disk, clock })
  const transport = createScriptedTransport({
    clock,
    ...(capabilities && { capabilities }),
    ...(script && { script }),
    ...(reply && { reply }),
    ...(attach && { attach }),
    ...(list && { list }),
    ...(providers && { providers }),
  })
  const store = createAgentStore({ random: () => 0, ...rest, transport, storage, clock })
  const heard: Heard = { notifications: [], warnings: [], errors: [], connections: [], changes: [] }
  store.on('notification', (told) => heard.notifications.push(told))
  store.on('warning', (told) => heard.warnings.push(told))
  store.on('error', (told) => heard.errors.push(told))
  store.on('connection', (told) => heard.connections.push(told))
  store.on('change', (told) => heard.changes.push(told))

  return {
    store,
    transport,
    storage,
    disk,
    clock,
    heard,
    async start(request = {}, projectId = project) {
      const started = await store.start(projectId, { provider: 'claude', prompt: 'Hello', ...request })
      if (!started.ok) throw new Error(`The start was refused: ${started.error}`)
      return must(store.findSession(started.sessionId))
    },
    agent: ({ sessionId, run }) => new AgentVoice(transport.emit, { sessionId, ...(run !== undefined && { run }) }),
    commands<Type extends ScriptedCommand['type']>(type: Type) {
      return transport.commands.filter((command): command is Extract<ScriptedCommand, { type: Type }> => command.type === type)
    },
  }
}

/** The process is gone, and another one opens the same disk a minute later. */
export async function restarted(scene: Scene, options: SceneOptions = {}): Promise<Scene> {
  scene.storage.crash()
  return createScene({ disk: scene.disk, clock: createManualClock({ now: scene.clock.now() + 60_000 }), ...options })
}

/** Answers of a kind; the other commands are accepted. */
export function refuse(type: ScriptedCommand['type'], error = 'no'): Required<Pick<SceneOptions, 'reply'>> {
  return { reply: (command) => (command.type === type ? { ok: false, error } : undefined) }
}

export function neverAnswer(type: ScriptedCommand['type']): Required<Pick<SceneOptions, 'reply'>> {
  return { reply: (command) => (command.type === type ? new Promise(() => {}) : undefined) }
}

export const rolesAndTexts = (session: AgentSession): [string, string][] =>
  session.messages.map(({ role, content }) => [role, content])

export const texts = (session: AgentSession): string[] => session.messages.map(({ content }) => content)
