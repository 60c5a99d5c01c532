import { systemClock } from '../defaults/system-clock.ts'
import { AgentSessionError, errorText } from '../errors.ts'
import type { AgentEvent, ConnectionEvent } from '../ports/agent-event.ts'
import type { AgentTransport, Capabilities, ForeignSession, Reply } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { ProbeResult, ProviderState } from '../ports/provider-state.ts'
import { field } from '../raw-content.ts'
import { within } from '../timers/deadline.ts'
import { eventListeners } from '../transport/event-listeners.ts'
import { checkOptions } from './check-options.ts'
import type { Provider } from '../ports/provider.ts'

/** How a registry looks at its agents. */
export interface RegistryOptions {
  /** Absent: the machine's own. The providers' transports get it too. */
  readonly clock?: Clock
  /** Ms that a look at one provider may take. Default 10 s. */
  readonly probeMs?: number
}

/** One transport to agents of several kinds: beside what every transport can, it tells which of them can be used. */
export type TransportRegistry = AgentTransport & Required<Omit<AgentTransport, 'capabilities' | 'subscribe'>> & { readonly capabilities: Capabilities }

/**
 * A transport that hands each command to the transport of its provider. A provider's transport is made with the first
 * command for it, and never before: neither listing providers nor making the registry loads or starts anything of them.
 *
 * A start is checked before its transport is made: a provider that is not here is `agent-not-found`, an option that it has no
 * place for, or a value that is none, `invalid-argument`, each in words that name what there is. Options that settings fill
 * for every agent alike (`cwd`, `model`, `systemPrompt`, `permissionMode`) and `claudeConfigDir` are left out where a
 * provider has no place for them.
 *
 * What one transport cannot and another can is told by the `abilities` of its sessions. The line is down where that of any
 * transport is.
 */
export function transportRegistry(providers: Readonly<Record<string, Provider>>, options: RegistryOptions = {}): TransportRegistry {
  const { clock = systemClock, probeMs = 10_000 } = options
  const listeners = eventListeners()
  const making = new Map<string, Promise<AgentTransport>>()
  const made = new Map<string, AgentTransport>()
  const unsubscribes: (() => void)[] = []
  /** Which provider each session has. */
  const routes = new Map<string, string>()
  const lines = new Map<string, ConnectionEvent>()
  let looking: Promise<readonly ProviderState[]> | undefined
  let closed = false
  let tellClosed = (): void => {}
  const closing = new Promise<void>((resolve) => (tellClosed = resolve))

  const relay = (name: string, event: AgentEvent): void => {
    if (!isConnection(event)) return listeners.emit(event)
    lines.set(name, event)
    // One that is back is told also while another is down: what it missed is then asked for.
    if (event.state === 'connected') listeners.emit(event)
    const down = [...lines].filter(([, { state }]) => state !== 'connected')
    const [which, line] = down.find(([, { state }]) => state === 'disconnected') ?? down[0] ?? []
    if (line !== undefined) listeners.emit({ ...line, error: line.error === undefined ? `${which}` : `${which}: ${line.error}` })
  }

  const closedProblem = (): AgentSessionError => new AgentSessionError('disconnected', 'The transport is closed')

  const make = async (name: string, provider: Provider): Promise<AgentTransport> => {
    const transport = await provider.create({ name, clock })
    if (closed) {
      await transport.close?.()
      throw closedProblem()
    }
    unsubscribes.push(transport.subscribe((event) => relay(name, event)))
    made.set(name, transport)
    return transport
  }

  const providerNamed = (name: string): Provider => {
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
    if (provider !== undefined) return provider
    const names = Object.keys(providers)
    throw new AgentSessionError('agent-not-found', `No agent is named "${name}" here; ${names.length > 0 ? `there are ${names.join(', ')}` : 'none is configured'}.`)
  }

  /** Rejects with a typed error where there is none to be had. */
  const transportOf = async (name: string): Promise<AgentTransport> => {
    if (closed) throw closedProblem()
    const provider = providerNamed(name)
    const known = making.get(name) ?? make(name, provider)
    making.set(name, known)
    try {
      return await known
    } catch (thrown) {
      // It may be had the next time.
      if (making.get(name) === known) making.delete(name)
      throw AgentSessionError.isInstance(thrown)
        ? thrown
        : new AgentSessionError('agent-not-found', `The agent "${name}" could not be loaded: ${errorText(thrown)}`, { cause: thrown })
    }
  }

  /** A command for a provider; what keeps it from its transport is the answer. */
  const toProvider = async <Answer>(name: string, run: (transport: AgentTransport) => Promise<Answer> | undefined): Promise<Answer | Refused> => {
    let transport: AgentTransport
    try {
      transport = await transportOf(name)
    } catch (thrown) {
      return refused(thrown)
    }
    return (await run(transport)) ?? { ok: false, code: 'not-supported', error: `The agent "${name}" cannot do that.` }
  }

  /** A command for a session that has its transport already. */
  const toSession = async (sessionId: string, run: (transport: AgentTransport) => Promise<Reply> | undefined): Promise<Reply> => {
    const name = routes.get(sessionId)
    return name === undefined ? { ok: false, code: 'no-session', error: 'No agent serves this session' } : toProvider(name, run)
  }

  /** Told of a session before the first command for it: what all transports together can says nothing of the one that it has. */
  const route = (sessionId: string, name: string, { capabilities = {} }: AgentTransport): void => {
    if (routes.get(sessionId) === name) return
    routes.set(sessionId, name)
    const { steer = false, fork = false, forget = false, list = false, images = false } = capabilities
    listeners.emit({ type: 'session', sessionId, abilities: { steer, fork, forget, list, images } })
  }

  const look = async (name: string, provider: Provider): Promise<ProviderState> => {
    const { title } = provider
    let withdraw = (): void => {}
    const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
    const ended = closing.then((): ProbeResult => ({ usable: false, code: 'failed', message: 'The transport is closed' }))
    try {
      const probing = async (): Promise<ProbeResult> => (await provider.probe?.({ name, clock, withdrawn })) ?? { usable: true }
      const found = await within(clock, probeMs, Promise.race([probing(), ended]))
      if (found.timely) return { name, title, ...found.value }
      return { name, title, usable: false, code: 'timeout', message: `It could not be found out within ${probeMs / 1_000} s whether ${title} can be used.` }
    } catch (thrown) {
      return { name, title, usable: false, code: 'failed', message: errorText(thrown) }
    } finally {
      withdraw()
    }
  }

  return {
    get capabilities(): Capabilities {
      const known = Object.entries(providers).map(([name, provider]) => made.get(name)?.capabilities ?? provider.capabilities ?? {})
      const some = (what: keyof Capabilities): boolean => known.some((capabilities) => capabilities[what] === true)
      const all = (what: keyof Capabilities): boolean => known.length > 0 && known.every((capabilities) => capabilities[what] === true)
      return {
        attach: some('attach'),
        // A prompt that steers where nobody can be steered would be lost.
        steer: all('steer'),
        list: some('list'),
        fork: some('fork'),
        configure: some('configure'),
        logIn: some('logIn'),
        forget: some('forget'),
        images: some('images'),
      }
    },

    async start(command) {
      let provider: Provider
      try {
        provider = providerNamed(command.provider)
      } catch (thrown) {
        return refused(thrown)
      }
      const checked = checkOptions(command, provider.options)
      if ('problem' in checked) return { ok: false, code: 'invalid-argument', error: checked.problem }
      return toProvider(command.provider, (transport) => {
        route(command.sessionId, command.provider, transport)
        return transport.start(checked.command)
      })
    },

    prompt: (command) =>
      toProvider(command.session.provider, (transport) => {
        route(command.sessionId, command.session.provider, transport)
        return transport.prompt(command)
      }),

    async stop(command) {
      // Where no transport has the session, nothing runs in it.
      return routes.has(command.sessionId) ? toSession(command.sessionId, (transport) => transport.stop(command)) : { ok: true }
    },

    respond: (answer) => toSession(answer.sessionId, (transport) => transport.respond?.(answer)),
    configure: (change) => toSession(change.sessionId, (transport) => transport.configure?.(change)),
    fork: (command) => toProvider(command.session.provider, (transport) => transport.fork?.(command)),
    forget: (command) => toProvider(command.session.provider, (transport) => transport.forget?.(command)),
    logIn: (command) => toProvider(command.session.provider, (transport) => transport.logIn?.(command)),

    async attach(command) {
      const { provider } = command.session
      const transport = await transportOf(provider)
      if (transport.attach === undefined || transport.capabilities?.attach !== true) return { outcome: 'lost' }
      route(command.sessionId, provider, transport)
      return transport.attach(command)
    },

    async list(projectId, query) {
      const asked = query?.provider
      if (asked !== undefined && (await transportOf(asked)).list === undefined) throw new AgentSessionError('not-supported', `The agent "${asked}" cannot tell its sessions.`)
      // Nobody is started to be asked, but who is named.
      const names = asked === undefined ? [...made.keys()] : [asked]
      const listed = names.map(async (provider): Promise<ForeignSession[]> => {
        const sessions = (await made.get(provider)?.list?.(projectId, query)) ?? []
        return sessions.map((session) => ({ ...session, provider }))
      })
      return (await Promise.all(listed)).flat()
    },

    async providers() {
      if (closed) throw closedProblem()
      // Two windows that ask at a time are given one answer.
      looking ??= Promise.all(Object.entries(providers).map(([name, provider]) => look(name, provider))).finally(() => (looking = undefined))
      return looking
    },

    subscribe: listeners.subscribe,

    async close() {
      closed = true
      tellClosed()
      // One that is still being made ends itself when it is.
      await Promise.allSettled(making.values())
      const ends = await Promise.allSettled([...made.values()].map(async (transport) => transport.close?.()))
      for (const unsubscribe of unsubscribes) unsubscribe()
      listeners.clear()
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed) throw failed.reason
    },
  }
}

/** The others are for the store to check. */
const isConnection = (event: AgentEvent): event is ConnectionEvent =>
  field(event, 'type') === 'connection' && ['connected', 'reconnecting', 'disconnected'].includes(String(field(event, 'state')))

type Refused = Extract<Reply, { ok: false }>

const refused = (thrown: unknown): Refused => ({
  ok: false,
  error: errorText(thrown),
  ...(AgentSessionError.isInstance(thrown) && { code: thrown.code }),
})
