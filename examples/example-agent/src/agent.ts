import { randomUUID } from 'node:crypto'
import {
  agent,
  type AgentApp,
  type AgentContext,
  type AvailableCommand,
  methods,
  PROTOCOL_VERSION,
  RequestError,
} from '@agentclientprotocol/sdk/unstable'
import type { World } from './carry-out/world.ts'
import { endInterrupted, newConversation } from './conversation.ts'
import type { ConversationStore } from './conversation-store.ts'
import { isMode, MODES, modeState } from './modes.ts'
import { ORDERS } from './orders.ts'
import { readPrompt } from './prompt-parts.ts'
import { replay } from './replay.ts'
import { Session } from './session.ts'

// From `/unstable` because the usage of a turn is not in the stable part of ACP v1 yet. Nothing else here needs it.

export interface ExampleAgent {
  readonly app: AgentApp
  /** Saves what was being said. Synchronous: the program ends right after it. */
  saveAll(): void
}

export interface AgentWiring {
  readonly world: World
  readonly memory: ConversationStore
  /** For the person who looks at stderr. */
  report(problem: string): void
}

/** What the program answers to each method of the protocol. */
export function createExampleAgent({ world, memory, report }: AgentWiring): ExampleAgent {
  const open = new Map<string, Session>()
  const wiring = { world, report, save: memory.save.bind(memory) }

  const openSession = (id: string): Session => {
    const session = open.get(id)
    if (session === undefined) throw RequestError.sessionNotFound(id)
    return session
  }

  /** A session that is open, or one of an earlier run of the program. */
  const rememberedSession = (id: string): Session => {
    const known = open.get(id)
    if (known !== undefined) return known
    const conversation = memory.load(id)
    if (conversation === undefined) throw RequestError.sessionNotFound(id)
    endInterrupted(conversation)
    const session = new Session(conversation, wiring)
    open.set(id, session)
    return session
  }

  const app = agent({ name: 'example-agent' })
    .onRequest(methods.agent.initialize, () => ({
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { name: 'example-agent', title: 'Example agent', version: '1.0.0' },
      agentCapabilities: {
        loadSession: true,
        promptCapabilities: { image: true, audio: false, embeddedContext: true },
        sessionCapabilities: { list: {}, resume: {}, close: {}, fork: {} },
      },
      authMethods: [],
    }))
    .onRequest(methods.agent.session.new, ({ params, client }) => {
      const conversation = newConversation(randomUUID(), params.cwd, new Date().toISOString())
      const session = new Session(conversation, wiring)
      // Kept from the first moment, so that a session without a prompt can be resumed as well.
      session.save()
      open.set(session.id, session)
      offerCommands(session, client)
      return { sessionId: session.id, modes: modeState(conversation.mode) }
    })
    .onRequest(methods.agent.session.load, async ({ params, client }) => {
      const session = rememberedSession(params.sessionId)
      // All are handed over in one go, before anything else can be sent: a turn that is under way goes on after them.
      await Promise.all(
        replay(session.conversation).map((update) =>
          client.notify(methods.client.session.update, { sessionId: session.id, update }),
        ),
      )
      offerCommands(session, client)
      return { modes: modeState(session.conversation.mode) }
    })
    .onRequest(methods.agent.session.resume, ({ params, client }) => {
      const session = rememberedSession(params.sessionId)
      offerCommands(session, client)
      return { modes: modeState(session.conversation.mode) }
    })
    .onRequest(methods.agent.session.fork, ({ params, client }) => {
      const { conversation } = rememberedSession(params.sessionId)
      const now = new Date().toISOString()
      const forked = structuredClone({ ...conversation, id: randomUUID(), cwd: params.cwd, createdAt: now, updatedAt: now })
      // What is said in the other one goes on there alone.
      endInterrupted(forked)
      const session = new Session(forked, wiring)
      session.save()
      open.set(session.id, session)
      offerCommands(session, client)
      return { sessionId: session.id, modes: modeState(forked.mode) }
    })
    .onRequest(methods.agent.session.list, ({ params }) => ({
      sessions: memory
        .list()
        .filter(({ cwd }) => params.cwd === undefined || params.cwd === null || params.cwd === cwd)
        .map(({ id, cwd, title, updatedAt }) => ({ sessionId: id, cwd, title, updatedAt })),
    }))
    .onRequest(methods.agent.session.close, ({ params }) => {
      const session = openSession(params.sessionId)
      session.cancel()
      open.delete(session.id)
      return {}
    })
    .onRequest(methods.agent.session.setMode, async ({ params, client }) => {
      const session = openSession(params.sessionId)
      if (!isMode(params.modeId)) {
        throw RequestError.invalidParams(
          { modeId: params.modeId },
          `there is no mode "${params.modeId}", only ${MODES.join(' and ')}`,
        )
      }
      session.setMode(params.modeId)
      await client.notify(methods.client.session.update, {
        sessionId: session.id,
        update: { sessionUpdate: 'current_mode_update', currentModeId: params.modeId },
      })
      return {}
    })
    .onRequest(methods.agent.session.prompt, ({ params, client, signal }) =>
      openSession(params.sessionId).prompt(readPrompt(params.prompt), client, signal),
    )
    .onNotification(methods.agent.session.cancel, ({ params }) => open.get(params.sessionId)?.cancel())

  return {
    app,
    saveAll: () => {
      for (const session of open.values()) session.save()
    },
  }
}

const COMMANDS: readonly AvailableCommand[] = ORDERS.map(({ name, does, hint }) => ({
  name,
  description: does,
  ...(hint === undefined ? {} : { input: { hint } }),
}))

/** Told after the answer to the request: before it a client does not know the session that this is about. */
function offerCommands(session: Session, client: AgentContext): void {
  setImmediate(() => {
    client
      .notify(methods.client.session.update, {
        sessionId: session.id,
        update: { sessionUpdate: 'available_commands_update', availableCommands: [...COMMANDS] },
      })
      .catch(() => {
        // The connection has closed meanwhile: nobody needs the list.
      })
  })
}
