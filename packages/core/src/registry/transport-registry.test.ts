import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAgentStore, type AgentTransport, type Capabilities, type ProbeResult, type Provider, type StartCommand } from '../index.ts'
import { createManualClock, createScriptedTransport, type ScriptedTransport, type ScriptedTransportOptions } from '../testing/index.ts'
import { transportRegistry } from './index.ts'

const command = (provider: string, more: object = {}): StartCommand => ({ sessionId: `of-${provider}`, run: 'r', projectId: 'p', provider, prompt: 'hi', messageId: 'm', ...more })

/** A provider on a scripted transport, and how often that was made. */
function scripted(title: string, { capabilities, probe, options, ...script }: Partial<ScriptedTransportOptions> & Pick<Provider, 'probe' | 'options'> = {}) {
  const made: ScriptedTransport[] = []
  const provider: Provider = {
    title,
    ...(probe && { probe }),
    ...(options && { options }),
    create: () => {
      const transport = createScriptedTransport({ ...(capabilities && { capabilities }), ...script })
      made.push(transport)
      return transport
    },
  }
  return { provider, made, only: () => made[0] ?? expect.fail('It was not made') }
}

function twoAgents(of: { alpha?: Capabilities; beta?: Capabilities } = {}) {
  const [alpha, beta] = [scripted('Alpha', { capabilities: of.alpha ?? {} }), scripted('Beta', { capabilities: of.beta ?? {} })]
  const clock = createManualClock()
  const registry = transportRegistry({ alpha: alpha.provider, beta: beta.provider }, { clock })
  return { alpha, beta, clock, registry }
}

describe('B26 a registry of agents', () => {
  test('makes a transport with the first command for it, once, and gives it what is its own', async () => {
    const { alpha, beta, registry } = twoAgents()
    expect(await registry.providers()).toEqual([{ name: 'alpha', title: 'Alpha', usable: true }, { name: 'beta', title: 'Beta', usable: true }])
    expect([alpha.made.length, beta.made.length]).toEqual([0, 0])
    expect(await Promise.all([registry.start(command('alpha')), registry.start(command('alpha', { sessionId: 'two' }))])).toEqual([{ ok: true }, { ok: true }])
    expect([alpha.made.length, beta.made.length]).toEqual([1, 0])
    await registry.start(command('beta'))
    await registry.stop({ sessionId: 'of-beta', run: 'r' })
    await registry.respond({ sessionId: 'of-alpha', requestId: 'q' })
    await registry.configure({ sessionId: 'two', mode: 'x' })
    await registry.prompt({ sessionId: 'of-beta', run: 'r2', prompt: 'x', messageId: 'm2', session: { projectId: 'p', provider: 'beta' } })
    const given = (transport: ScriptedTransport) => transport.commands.map(({ type, ...rest }) => [type, 'sessionId' in rest && rest.sessionId])
    expect(given(alpha.only())).toEqual([['start', 'of-alpha'], ['start', 'two'], ['respond', 'of-alpha'], ['configure', 'two']])
    expect(given(beta.only())).toEqual([['start', 'of-beta'], ['stop', 'of-beta'], ['prompt', 'of-beta']])
  })

  test('an agent that is not here is refused by its name, and so is one that cannot be loaded; that is tried again', async () => {
    let broken = true
    const transport = createScriptedTransport()
    const registry = transportRegistry({
      lazy: {
        title: 'Lazy',
        create: async () => {
          if (broken) throw new Error('Cannot find package')
          return transport
        },
      },
    })
    for (const name of ['claude', 'toString', '__proto__', 'constructor']) {
      expect(await registry.start(command(name))).toEqual({ ok: false, code: 'agent-not-found', error: `No agent is named "${name}" here; there are lazy.` })
    }
    expect(await registry.start(command('lazy'))).toEqual({ ok: false, code: 'agent-not-found', error: 'The agent "lazy" could not be loaded: Cannot find package' })
    broken = false
    expect(await registry.start(command('lazy'))).toEqual({ ok: true })
  })

  test('B5 a start option of another agent, an unknown one and one of a wrong type are refused in words, and nothing is made', async () => {
    const { provider, made } = scripted('Small', { options: { cwd: true, model: true, permissionMode: ['ask', 'auto'], maxTurns: true, extraEnv: true } })
    const registry = transportRegistry({ small: provider })
    const refusedBy = async (more: object): Promise<string> => {
      const reply = await registry.start(command('small', more))
      expect(reply).toMatchObject({ ok: false, code: 'invalid-argument' })
      return reply.ok ? '' : reply.error
    }
    expect(await refusedBy({ worktreeName: 'w' })).toBe('The agent "small" has no start option "worktreeName". It takes cwd, model, maxTurns, permissionMode, extraEnv.')
    expect(await refusedBy({ workdir: '/' })).toContain('no start option "workdir"')
    expect(await refusedBy({ maxTurns: '3' })).toBe('The start option "maxTurns" of the agent "small" is a whole number above 0, not "3".')
    expect(await refusedBy({ permissionMode: 'yolo' })).toBe('The start option "permissionMode" of the agent "small" is one of ask, auto, not "yolo".')
    expect(await refusedBy({ cwd: null })).toContain('is text, not null')
    const secret = await refusedBy({ extraEnv: { KEY: 5, OTHER: 'secret' } })
    expect(secret).toContain('an object of texts')
    expect(secret).not.toContain('secret')
    expect(made).toEqual([])
  })

  test('B8 options that settings fill for all agents alike are left out where there is no place for them', async () => {
    const { provider, only } = scripted('Small', { options: { cwd: true } })
    const registry = transportRegistry({ small: provider })
    expect(await registry.start(command('small', { cwd: '/', permissionMode: 'plan', systemPrompt: 's', model: 'm', claudeConfigDir: '/c', extraEnv: undefined }))).toEqual({ ok: true })
    expect(only().commands).toEqual([{ type: 'start', ...command('small', { cwd: '/' }) }])
  })

  test('whatever comes as options: accepted, or refused with a code and words', async () => {
    const registry = transportRegistry({ small: { title: 'Small', create: () => createScriptedTransport() } })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.oneof(fc.constantFrom('cwd', 'maxTurns', 'extraEnv', 'mcpServers', '__proto__', 'constructor'), fc.string()), fc.anything({ withNullPrototype: true })), async (given) => {
        const reply = await registry.start({ ...given, ...command('small') })
        if (!reply.ok) expect(reply).toEqual({ ok: false, code: 'invalid-argument', error: expect.stringContaining('start option') })
      }),
    )
  })

  test('events of all come through one subscription; promise 8 a listener that throws stops nobody', async () => {
    const { alpha, beta, registry } = twoAgents()
    const heard: unknown[] = []
    registry.subscribe(() => {
      throw new Error('broken')
    })
    const unsubscribe = registry.subscribe((event) => heard.push(event))
    await registry.start(command('alpha'))
    await registry.start(command('beta'))
    heard.length = 0
    alpha.only().emit({ type: 'status', sessionId: 'of-alpha', status: 'done' })
    beta.only().emit(null)
    unsubscribe()
    beta.only().emit({ type: 'status', sessionId: 'of-beta', status: 'done' })
    expect(heard).toEqual([{ type: 'status', sessionId: 'of-alpha', status: 'done' }, null])
  })

  test('the line is down where that of any is, and one that is back is told', async () => {
    const { alpha, beta, registry } = twoAgents()
    await registry.start(command('alpha'))
    await registry.start(command('beta'))
    const heard: unknown[] = []
    registry.subscribe((event) => heard.push(event))
    const line = (state: string, more: object = {}) => ({ type: 'connection', state, ...more })
    alpha.only().emit(line('reconnecting'))
    beta.only().emit(line('disconnected', { error: 'it hung up' }))
    alpha.only().emit(line('connected'))
    beta.only().emit(line('connected'))
    beta.only().emit(line('perhaps'))
    expect(heard).toEqual([
      line('reconnecting', { error: 'alpha' }),
      line('disconnected', { error: 'beta: it hung up' }),
      line('connected'),
      line('disconnected', { error: 'beta: it hung up' }),
      line('connected'),
      line('perhaps'),
    ])
  })

  test('what one can and another cannot is told of its sessions: only who can be steered is', async () => {
    const { alpha, beta, clock, registry } = twoAgents({ alpha: { steer: true, fork: true }, beta: {} })
    const store = createAgentStore({ transport: registry, clock })
    await store.start('a', { provider: 'alpha', prompt: 'hi' })
    await store.start('b', { provider: 'beta', prompt: 'hi' })
    expect(store.capabilities).toMatchObject({ steer: false, fork: true })
    expect(await store.prompt('a', 'more')).toMatchObject({ ok: true, queued: false })
    expect(await store.prompt('b', 'more')).toMatchObject({ ok: true, queued: true })
    expect(alpha.only().commands.filter((given) => given.type === 'prompt')).toMatchObject([{ steer: true }])
    for (const [project, { only }] of [['a', alpha], ['b', beta]] as const) {
      const { sessionId = '', run = '' } = store.getSession(project) ?? {}
      only().emit({ type: 'session', sessionId, run, agentSessionId: 'its own' })
      await store.stop(project)
    }
    expect(await store.getSession('a')?.fork()).toMatchObject({ ok: true })
    expect(await store.getSession('b')?.fork()).toMatchObject({ ok: false, code: 'not-supported' })
    await store.dispose()
    expect([alpha.only().closed, beta.only().closed]).toEqual([true, true])
  })

  test('a command of an optional kind goes to the agent of its session; who has it not refuses it', async () => {
    const { alpha, registry } = twoAgents({ alpha: { fork: true, forget: true, logIn: true, list: true } })
    const of = (provider: string) => ({ agentSessionId: 's', session: { projectId: 'p', provider } })
    expect(await registry.fork(of('alpha'))).toEqual({ ok: true, agentSessionId: 's-fork' })
    expect(await registry.forget(of('alpha'))).toEqual({ ok: true })
    expect(await registry.logIn({ methodId: 'k', ...of('alpha') })).toEqual({ ok: true })
    expect(alpha.only().commands.map(({ type }) => type)).toEqual(['fork', 'forget', 'logIn'])
    expect(await registry.fork(of('beta'))).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await registry.respond({ sessionId: 'nobody', requestId: 'q' })).toMatchObject({ ok: false, code: 'no-session' })
    expect(await registry.stop({ sessionId: 'nobody', run: 'r' })).toEqual({ ok: true })
    expect(await registry.attach({ sessionId: 'x', session: of('beta').session })).toEqual({ outcome: 'lost' })
  })

  test('lists what those remember that run already, or the one that is named, each with its name', async () => {
    const sessions = (id: string) => ({ capabilities: { list: true }, list: () => [{ agentSessionId: id }] })
    const [alpha, beta, mute] = [scripted('Alpha', sessions('a')), scripted('Beta', sessions('b')), scripted('Mute')]
    const registry = transportRegistry({ alpha: alpha.provider, beta: beta.provider, mute: mute.provider })
    expect(await registry.list('p')).toEqual([])
    await registry.start(command('alpha'))
    expect(await registry.list('p')).toEqual([{ agentSessionId: 'a', provider: 'alpha' }])
    expect(beta.made).toEqual([])
    expect(await registry.list('p', { provider: 'beta' })).toEqual([{ agentSessionId: 'b', provider: 'beta' }])
    await expect(registry.list('p', { provider: 'mute' })).rejects.toMatchObject({ code: 'not-supported' })
    await expect(registry.list('p', { provider: 'nobody' })).rejects.toMatchObject({ code: 'agent-not-found' })
  })

  test('a look at an agent is bounded, ends what it began, and is never thrown; two at a time are one', async () => {
    const clock = createManualClock()
    let looks = 0
    let withdrawn = 0
    const missing: ProbeResult = { usable: false, code: 'not-installed', message: 'It is not there', install: 'npm i x' }
    const registry = transportRegistry(
      {
        missing: scripted('Missing', { probe: async ({ name }) => ({ ...missing, message: name }) }).provider,
        silent: scripted('Silent', { probe: ({ withdrawn: ended }) => new Promise(() => ((looks += 1), void ended.then(() => (withdrawn += 1)))) }).provider,
        broken: scripted('Broken', {
          probe: () => {
            throw new Error('No such thing')
          },
        }).provider,
      },
      { clock, probeMs: 3_000 },
    )
    const both = Promise.all([registry.providers(), registry.providers()])
    await clock.advance(3_000)
    const [first, second] = await both
    expect(first).toEqual([
      { name: 'missing', title: 'Missing', ...missing, message: 'missing' },
      { name: 'silent', title: 'Silent', usable: false, code: 'timeout', message: 'It could not be found out within 3 s whether Silent can be used.' },
      { name: 'broken', title: 'Broken', usable: false, code: 'failed', message: 'No such thing' },
    ])
    expect(second).toBe(first)
    expect([looks, withdrawn, clock.pending]).toEqual([1, 1, 0])

    const looking = registry.providers()
    await registry.close()
    expect((await looking)[1]).toMatchObject({ name: 'silent', usable: false })
    expect([looks, withdrawn, clock.pending]).toEqual([2, 2, 0])
    expect(await registry.start(command('missing'))).toMatchObject({ ok: false, code: 'disconnected' })
    await expect(registry.providers()).rejects.toMatchObject({ code: 'disconnected' })
  })

  test('one that is still being made when all is closed is closed too', async () => {
    const transport = createScriptedTransport()
    let give: (made: AgentTransport) => void = () => {}
    const registry = transportRegistry({ slow: { title: 'Slow', create: () => new Promise((resolve) => (give = resolve)) } })
    const starting = registry.start(command('slow'))
    await Promise.resolve()
    const closing = registry.close()
    give(transport)
    await closing
    expect(await starting).toMatchObject({ ok: false, code: 'disconnected' })
    expect(transport.closed).toBe(true)
  })
})
