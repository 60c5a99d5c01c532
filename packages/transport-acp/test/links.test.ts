import { agent, type AnyMessage, methods } from '@agentclientprotocol/sdk/unstable'
import type { SessionContext } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { type AcpLink, createAcpTransport, streamLink } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'

const context: SessionContext = { projectId: 'project', provider: 'agent' }

/** Agents in this process, on the SDK's own agent side: each connection is a new one. */
function agentsHere({ resumes = false, loads = false, models = false } = {}) {
  const asked: string[] = []
  let open = 0
  const connect = async (): Promise<AcpLink> => {
    const up = new TransformStream<AnyMessage, AnyMessage>()
    const down = new TransformStream<AnyMessage, AnyMessage>()
    open += 1
    const connection = agent({ name: 'here' })
      .onRequest(methods.agent.initialize, () => ({
        protocolVersion: 1,
        agentCapabilities: { loadSession: loads, sessionCapabilities: { ...(resumes && { resume: {} }), systemPrompt: {}, additionalDirectories: {} } },
      }))
      .onRequest(methods.agent.session.new, ({ params }) => {
        asked.push(`new ${JSON.stringify(params)}`)
        const option = { id: 'the-model', name: 'Model', category: 'model', type: 'select' as const, currentValue: 'small', options: [{ value: 'small', name: 'Small' }, { value: 'large', name: 'Large' }] }
        return { sessionId: `session-of-agent-${open}`, ...(models && { configOptions: [option] }) }
      })
      .onRequest(methods.agent.session.resume, ({ params }) => {
        asked.push(`resume ${params.sessionId}`)
        return {}
      })
      .onRequest(methods.agent.session.load, async ({ params, client }) => {
        asked.push(`load ${params.sessionId}`)
        await client.notify(methods.client.session.update, { sessionId: params.sessionId, update: { sessionUpdate: 'user_message_chunk', content: { type: 'text', text: 'before' } } })
        return {}
      })
      .onRequest(methods.agent.session.setConfigOption, ({ params }) => {
        asked.push(`set ${params.configId} ${String(params.value)}`)
        return { configOptions: [] }
      })
      .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
        asked.push(`prompt ${JSON.stringify(params.prompt)}`)
        await client.notify(methods.client.session.update, { sessionId: params.sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'Yes.' } } })
        return { stopReason: 'end_turn' as const }
      })
      .connect({ readable: up.readable, writable: down.writable })
    void connection.closed.then(() => (open -= 1))
    return streamLink({ readable: down.readable, writable: up.writable }, { cwd: '/project' })
  }
  return { connect, asked }
}

describe('a link over a stream', () => {
  it('carries a session without any process', async () => {
    const { connect, asked } = agentsHere({ models: true })
    const transport = createAcpTransport({ connect })
    const heard = new HeardEvents(transport)
    const start = { ...context, sessionId: 's', run: 'r', messageId: 'm', model: 'Large', systemPrompt: 'Be brief.', additionalDirectories: ['/more'] }
    expect(await transport.start({ ...start, prompt: [{ type: 'text', text: 'hi' }, { type: 'file', uri: 'file:///a.txt', name: 'a.txt' }] })).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done' })
    expect(asked.map((what): unknown => (what.startsWith('set') ? what : JSON.parse(what.replace(/^\w+ /, ''))))).toEqual([
      { cwd: '/project', mcpServers: [], additionalDirectories: ['/more'], systemPrompt: { mode: 'append', content: [{ type: 'text', text: 'Be brief.' }] } },
      'set the-model large',
      [{ type: 'text', text: 'hi' }, { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt' }],
    ])
    expect(heard.all.findLast((event) => event.type === 'session')).toMatchObject({ model: 'large' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', model: 'small', models: [{ id: 'small', label: 'Small' }, { id: 'large', label: 'Large' }] }))
    await transport.close()
  })

  it('refuses images that the agent does not take, before it is asked', async () => {
    const { connect, asked } = agentsHere()
    const transport = createAcpTransport({ connect })
    const prompt = [{ type: 'image' as const, mimeType: 'image/png', data: 'AAAA' }]
    expect(await transport.start({ ...context, sessionId: 's', run: 'r', messageId: 'm', prompt })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(asked.filter((what) => what.startsWith('prompt'))).toEqual([])
    await transport.close()
  })

  it('is let go of after a while, and comes back by the agent\'s id', async () => {
    const clock = createManualClock()
    const { connect, asked } = agentsHere({ resumes: true })
    const transport = createAcpTransport({ connect, clock, idleMs: 1_000 })
    const heard = new HeardEvents(transport)
    await transport.start({ ...context, sessionId: 's', run: 'r1', messageId: 'm', prompt: 'one' })
    await heard.end('r1')
    await clock.advance(999)
    await transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'two', session: context })
    await heard.end('r2')
    expect(asked.filter((what) => what.startsWith('resume'))).toEqual([])
    await clock.advance(1_000)
    await transport.prompt({ sessionId: 's', run: 'r3', messageId: 'm3', prompt: 'three', session: context })
    await heard.end('r3')
    expect(asked.filter((what) => what.startsWith('resume'))).toEqual(['resume session-of-agent-1'])
    await transport.close()
    expect(clock.pending).toBe(0)
  })

  it('that cannot come back is not let go of', async () => {
    const clock = createManualClock()
    const { connect, asked } = agentsHere()
    const transport = createAcpTransport({ connect, clock, idleMs: 1_000 })
    const heard = new HeardEvents(transport)
    await transport.start({ ...context, sessionId: 's', run: 'r1', messageId: 'm', prompt: 'one' })
    await heard.end('r1')
    expect(clock.pending).toBe(0)
    await clock.advance(1_000_000)
    await transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'two', session: context })
    await heard.end('r2')
    expect(asked.filter((what) => what.startsWith('new')).length).toBe(1)
    await transport.close()
  })

  it('stopped in the moment of a prompt keeps its agent', async () => {
    const { connect, asked } = agentsHere()
    const transport = createAcpTransport({ connect, clock: createManualClock() })
    const heard = new HeardEvents(transport)
    await transport.start({ ...context, sessionId: 's', run: 'r1', messageId: 'm', prompt: 'one' })
    await heard.end('r1')
    const prompted = transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'two', session: context })
    expect(await transport.stop({ sessionId: 's', run: 'r2' })).toEqual({ ok: true })
    await prompted
    expect(await transport.prompt({ sessionId: 's', run: 'r3', messageId: 'm3', prompt: 'three', session: context })).toEqual({ ok: true })
    expect(await heard.end('r3')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(asked.filter((what) => what.startsWith('new')).length).toBe(1)
    await transport.close()
  })

  it('goes on by a load where there is no resume, and says the replay as history', async () => {
    const { connect, asked } = agentsHere({ loads: true })
    const transport = createAcpTransport({ connect })
    const heard = new HeardEvents(transport)
    await transport.prompt({ sessionId: 's', run: 'r', messageId: 'm', prompt: 'on', session: { ...context, agentSessionId: 'session-of-agent-7' } })
    await heard.end('r')
    expect(asked[0]).toBe('load session-of-agent-7')
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'history', complete: true, messages: [expect.objectContaining({ type: 'user', content: { text: 'before' } })] }))
    await transport.close()
  })

  it('closed by us: nothing more is heard, and nothing can be sent', async () => {
    const { connect } = agentsHere()
    const transport = createAcpTransport({ connect })
    const heard = new HeardEvents(transport)
    await transport.start({ ...context, sessionId: 's', run: 'r', messageId: 'm', prompt: 'one' })
    await heard.end('r')
    const before = heard.all.length
    await transport.close()
    await transport.close()
    expect(await transport.prompt({ sessionId: 's', run: 'r2', messageId: 'm2', prompt: 'two', session: context })).toMatchObject({ ok: false, code: 'disconnected' })
    expect(heard.all.length).toBe(before)
  })

  it('a connection that never comes up has the limit of the handshake too', async () => {
    const clock = createManualClock()
    let late: (link: AcpLink) => void = () => {}
    const killed: string[] = []
    const transport = createAcpTransport({ clock, handshakeMs: 5_000, connect: () => new Promise((resolve) => (late = resolve)) })
    const reply = transport.start({ ...context, sessionId: 's', run: 'r', messageId: 'm', prompt: 'one' })
    await clock.advance(5_000)
    expect(await reply).toMatchObject({ ok: false, code: 'agent-protocol' })
    // It comes after all: nobody wants it any more.
    const { connect } = agentsHere()
    const link = await connect()
    late({ ...link, kill: () => (killed.push('killed'), link.kill()) })
    await clock.settle()
    await clock.settle()
    expect(killed).not.toEqual([])
    await transport.close()
  })
})
