import { describe, expect, test } from 'vitest'
import { createAgentStore, createMemoryStorage, type AgentSession, type Capabilities } from '../src/index.ts'
import { createManualClock, createScriptedTransport } from '../src/testing/index.ts'

async function started(capabilities: Capabilities = {}) {
  const clock = createManualClock()
  const storage = createMemoryStorage()
  const transport = createScriptedTransport({ capabilities, clock })
  const store = createAgentStore({ transport, storage, clock })
  const reply = await store.start('p', { provider: 'agent', prompt: 'hi', mcpServers: ['files'] })
  const session = reply.ok ? store.findSession(reply.sessionId) : undefined
  if (session === undefined) throw new Error('not started')
  const tell = (fields: object): void => transport.emit({ type: 'session', sessionId: session.sessionId, ...fields })
  return { clock, storage, transport, store, session, tell }
}

const prompts = ({ messages }: AgentSession): string[] => messages.filter(({ role }) => role === 'user').map(({ content }) => content)

describe('what an agent says of itself', () => {
  test('is state of its session while the agent is known, and is not stored', async () => {
    const { session, tell, store, storage } = await started()
    const facts = {
      abilities: { steer: true, fork: false },
      login: { state: 'required', methods: [{ id: 'key', label: 'API key' }] },
      settings: [{ id: 'effort', label: 'Effort', value: 'low', choices: [{ id: 'low', label: 'Low' }] }, { id: 'fast', label: 'Fast', value: true, choices: [] }],
    }
    tell(facts)
    expect(session).toMatchObject(facts)
    await store.flush()
    const record = await storage.loadSession(session.sessionId)
    for (const name of Object.keys(facts)) expect(record).not.toHaveProperty(name)
    await store.dispose()
  })

  test.each([{ abilities: { steer: 'yes' } }, { login: { state: 'perhaps', methods: [] } }, { settings: [{ id: 'x', label: 'X', value: 1, choices: [] }] }])('is not taken where it does not fit: %j', async (facts) => {
    const { session, tell, store } = await started()
    const warnings: string[] = []
    store.on('warning', ({ code }) => warnings.push(code))
    tell(facts)
    expect(warnings).toEqual(['invalid-event'])
    expect([session.abilities, session.login, session.settings]).toEqual([undefined, undefined, undefined])
    await store.dispose()
  })

  test.each([
    [{}, { steer: true }, true],
    [{ steer: true }, {}, true],
    [{ steer: true }, { steer: false }, false],
    [{}, {}, false],
  ])('decides whether a prompt steers: the transport says %j, the agent %j', async (capabilities, abilities, steers) => {
    const { session, tell, transport, store } = await started(capabilities)
    tell({ abilities })
    const prompted = await session.prompt('and this')
    expect(prompted).toMatchObject({ ok: true, queued: !steers })
    expect(prompts(session)).toEqual(steers ? ['hi', 'and this'] : ['hi'])
    expect(transport.commands.filter((command) => command.type === 'prompt' && command.steer === true)).toHaveLength(steers ? 1 : 0)
    await store.dispose()
  })

  test('can be set by its own names, and B5 the names of MCP servers reach the transport', async () => {
    const { session, transport, store } = await started()
    expect(await session.configure({ settings: { effort: 'high', fast: false } })).toEqual({ ok: true })
    expect(transport.commands).toEqual([
      expect.objectContaining({ type: 'start', mcpServers: ['files'] }),
      { type: 'configure', sessionId: session.sessionId, settings: { effort: 'high', fast: false } },
    ])
    await store.dispose()
  })
})
