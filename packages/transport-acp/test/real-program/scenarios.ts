import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RealAgent } from './agents.ts'
import type { Scenario } from './model-server.ts'
import { dot, expectMuch, playTwoAtOnce, printsMuch } from '../../../../test/transports/real-scenarios.ts'
import { Rig, said } from './rig.ts'

export interface RealScenario {
  readonly name: string
  /** Absent: every agent plays it. */
  readonly of?: (agent: RealAgent) => boolean
  run(agent: RealAgent, bin: string): Promise<void>
}

const followUp: Scenario = { match: /how many/i, steps: [[{ text: 'It has two.' }]] }
const hang: Scenario = { match: /long story/i, steps: [[{ text: 'Once upon a time there was an agent ' }, { hang: true }]] }
const make = (agent: RealAgent): Scenario => ({ match: /make a file/i, steps: [[{ text: 'I make it.' }, agent.command('echo made > made.txt')], [{ text: 'It is made.' }]] })

/** Opens a rig, and closes it however the scenario ends. */
const scenario = (name: string, models: (agent: RealAgent) => readonly Scenario[], play: (rig: Rig) => Promise<void>, of?: (agent: RealAgent) => boolean): RealScenario => ({
  name,
  ...(of && { of }),
  async run(agent, bin) {
    const rig = await Rig.open(agent, bin, models(agent))
    try {
      await play(rig)
    } catch (error) {
      if (rig.stderr !== '') console.error(rig.stderr.slice(-2_000))
      for (const report of rig.reports) console.error(report)
      throw error
    } finally {
      await rig.close()
    }
  },
})

const isMade = ({ cwd }: Rig): boolean => existsSync(path.join(cwd, 'made.txt'))

export const scenarios: readonly RealScenario[] = [
  scenario('tool allowed, then a follow-up', (agent) => [make(agent), followUp], async (rig) => {
    await rig.start('Please make a file')
    await rig.choose('allow_once')
    const session = await rig.ended()
    assert.equal(session.status, 'done', session.error)
    assert.equal(isMade(rig), true)
    assert.deepEqual(session.messages.filter(({ role }) => role === 'tool-call').map(({ toolState }) => toolState), ['done'])
    assert.equal(said(session).at(-1), 'assistant: It is made.')
    await rig.prompt('How many lines?')
    await rig.ended()
    assert.equal(said(session).at(-1), 'assistant: It has two.')
    assert.equal(session.messages.filter(({ role }) => role === 'user').length, 2)
    assert.ok(session.inputTokens > 0 || (session.contextUsed ?? 0) > 0, 'no tokens were told')
  }),

  scenario('tool denied', (agent) => [make(agent), followUp], async (rig) => {
    await rig.start('Please make a file')
    await rig.choose('reject_once')
    const session = await rig.ended()
    assert.equal(isMade(rig), false)
    assert.equal(session.permissions[0]?.state, 'selected')
    await rig.prompt('How many lines?')
    await rig.ended()
    assert.equal(said(session).at(-1), 'assistant: It has two.')
  }),

  scenario('stop in text, then go on', () => [hang, followUp], async (rig) => {
    await rig.start('Tell a long story')
    const session = await rig.until('some words', ({ messages }) => messages.some(({ role }) => role === 'assistant'))
    assert.deepEqual(await session.stop(), { ok: true })
    await rig.ended()
    assert.deepEqual([session.status, session.endReason], ['done', 'stopped'])
    await rig.prompt('How many?')
    await rig.ended()
    assert.deepEqual([session.status, said(session).at(-1)], ['done', 'assistant: It has two.'])
  }),

  scenario('stop in a tool', (agent) => [{ match: /wait a while/i, steps: [[{ text: 'I wait.' }, agent.command('tail -f a.txt > made.txt')], [{ text: 'Waited.' }]] }], async (rig) => {
    await rig.start('Please wait a while')
    await rig.choose('allow_once')
    const session = await rig.until('the tool', ({ messages }) => messages.some(({ toolState }) => toolState === 'running'))
    // It has been allowed; it takes a moment until it runs.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    assert.deepEqual(await session.stop(), { ok: true })
    await rig.ended()
    assert.deepEqual([session.status, session.endReason], ['done', 'stopped'])
    assert.equal(session.messages.some(({ content }) => content.includes('Waited')), false)
  }),

  scenario('stop in a permission', (agent) => [make(agent), followUp], async (rig) => {
    const session = await rig.start('Please make a file')
    await rig.asked()
    assert.deepEqual(await session.stop(), { ok: true })
    await rig.ended()
    assert.deepEqual([session.endReason, session.permissions[0]?.state], ['stopped', 'cancelled'])
    assert.equal(isMade(rig), false)
    await rig.prompt('How many?')
    await rig.ended()
    assert.equal(said(session).at(-1), 'assistant: It has two.')
  }),

  scenario('resumed in a new process', () => [followUp], async (rig) => {
    await rig.start('How many files are there?')
    await rig.ended()
    await rig.reopen()
    assert.equal((await rig.store.restore('project')).outcome, 'restored')
    await rig.prompt('How many lines?')
    const session = await rig.ended()
    assert.deepEqual(said(session).filter((line) => !line.startsWith('system')), ['user: How many files are there?', 'assistant: It has two.', 'user: How many lines?', 'assistant: It has two.'])
    assert.equal(session.continuity, undefined)
  }),

  scenario('imported: what was said before stands before', () => [followUp], async (rig) => {
    const before = await rig.start('How many files are there?')
    await rig.ended()
    const { agentSessionId = '' } = before
    assert.ok((await rig.transport.list('project')).some((session) => session.agentSessionId === agentSessionId), 'it is not listed')
    await rig.store.clear('project')
    await rig.start('How many lines?', { agentSessionId })
    const session = await rig.ended()
    assert.deepEqual(said(session).filter((line) => !line.startsWith('system')), ['user: How many files are there?', 'assistant: It has two.', 'user: How many lines?', 'assistant: It has two.'])
  }),

  scenario('forked', () => [followUp], async (rig) => {
    const before = await rig.start('How many files are there?')
    await rig.ended()
    const { agentSessionId = '' } = before
    assert.equal(before.abilities?.fork, true)
    const forked = await rig.transport.fork({ agentSessionId, session: { projectId: 'project', provider: rig.agent.name, cwd: rig.cwd } })
    assert.ok(forked.ok, forked.ok ? '' : forked.error)
    assert.notEqual(forked.agentSessionId, agentSessionId)
    await rig.store.clear('project')
    await rig.start('How many lines?', { agentSessionId: forked.agentSessionId })
    const session = await rig.ended()
    assert.equal(session.continuity, undefined)
    assert.equal(session.messages.filter(({ role }) => role === 'user').length, 2)
  }),

  scenario('error of the API, then go on', () => [{ match: /server error/i, steps: [{ status: 400, type: 'invalid_request_error', message: 'The scripted model is out of order' }] }, followUp], async (rig) => {
    const session = await rig.start('Make a server error')
    await rig.ended()
    assert.equal(session.status, 'error')
    assert.match(session.error ?? '', /out of order/)
    assert.equal(session.messages.some(({ role, content }) => role === 'assistant' && content.includes('out of order')), false)
    await rig.prompt('How many?')
    await rig.ended()
    assert.deepEqual([session.status, session.error], ['done', undefined])
  }),

  scenario('killed with -9, then go on', () => [hang, followUp], async (rig) => {
    const session = await rig.start('Tell a long story')
    await rig.until('some words', ({ messages }) => messages.some(({ role }) => role === 'assistant'))
    rig.killAll()
    await rig.ended()
    assert.equal(session.status, 'error')
    await rig.prompt('How many?')
    await rig.ended()
    assert.deepEqual([session.status, said(session).at(-1)], ['done', 'assistant: It has two.'])
  }),

  scenario('a plan', (agent) => [{ match: /plan the work/i, steps: [[{ text: 'I plan.' }, agent.plan('in_progress')], [agent.plan('completed')], [{ text: 'Planned.' }]] }], async (rig) => {
    await rig.start('Please plan the work')
    const session = await rig.ended()
    assert.deepEqual(session.plan.map(({ content, status }) => `${status} ${content}`), ['completed Look', 'pending Leap'])
  }),

  scenario('a sub-agent', ({ helper, meanwhile }) => [{ match: /ask a helper/i, steps: [[{ text: 'I ask.' }, ...(helper ? [helper] : [])], ...(meanwhile ? [[meanwhile]] : []), [{ text: 'The helper is done.' }]] }, { match: /helper job/i, steps: [[{ text: 'There are three.' }]] }], async (rig) => {
    await rig.start('Please ask a helper')
    const session = await rig.ended()
    assert.equal(said(session).at(-1), 'assistant: The helper is done.')
    const call = session.messages.find(({ role }) => role === 'tool-call')
    assert.equal(call?.toolState, 'done')
    assert.ok(session.messages.some(({ content, parentId, toolCallId }) => content.includes('There are three') && (parentId === call?.toolCallId || toolCallId === call?.toolCallId)), 'what the helper said is not under its call')
  }, ({ helper }) => helper !== undefined),

  scenario('a question to the person', ({ question }) => [{ match: /ask me/i, steps: [question ? [question] : [], [{ text: 'Thank you.' }]] }], async (rig) => {
    await rig.start('Please ask me')
    const { id, options, title } = await rig.asked()
    assert.match(title, /Which colour/)
    const blue = options.find(({ label }) => label === 'Blue')
    assert.ok(blue, `there is no Blue among ${JSON.stringify(options)}`)
    assert.deepEqual(await rig.session.respond(id, { optionId: blue.id }), { ok: true })
    const session = await rig.ended()
    assert.equal(said(session).at(-1), 'assistant: Thank you.')
    assert.ok(session.messages.some(({ role, content }) => role === 'tool-result' && content.includes('Blue')), said(session).join('\n'))
  }, ({ question }) => question !== undefined),

  scenario('steered in the middle', (agent) => [{ match: /wait a while/i, steps: [[{ text: 'I wait.' }, agent.command('for i in 1 2 3; do sleep 1; done; echo made > made.txt')], [{ text: 'Waited.' }]] }, { match: /but quickly/i, steps: [[{ text: 'Quickly, then.' }]] }], async (rig) => {
    await rig.start('Please wait a while')
    const session = await rig.until('what it can do', ({ abilities }) => abilities !== undefined)
    await rig.choose('allow_once')
    const reply = await session.prompt('but quickly')
    assert.equal(reply.ok, true)
    if (session.abilities?.steer === true) assert.equal(reply.ok && reply.queued, false)
    await rig.until('both answers', ({ live, queue }) => !live && queue.length === 0)
    await rig.until('the steered words', ({ messages }) => messages.some(({ content }) => content.includes('Quickly, then.')))
    await rig.ended()
    assert.deepEqual(session.messages.filter(({ role }) => role === 'user').map(({ content }) => content), ['Please wait a while', 'but quickly'])
  }),

  scenario('an image in a prompt', () => [{ match: /what is this/i, steps: [[{ text: 'A dot.' }]] }, followUp], async (rig) => {
    await rig.start('How many?')
    const { abilities } = await rig.ended()
    assert.equal(abilities?.images, true)
    await rig.prompt([{ type: 'text', text: 'What is this?' }, dot])
    const session = await rig.ended()
    assert.deepEqual([session.status, said(session).at(-1)], ['done', 'assistant: A dot.'], session.error)
    assert.equal(session.messages.filter(({ role }) => role === 'user').length, 2)
  }),

  scenario('two sessions at once', () => [followUp, { match: /say hi/i, steps: [[{ text: 'Hi!' }]] }], async (rig) => {
    // OpenCode makes its database at its first start, and two that do so at once break it.
    await rig.start('How many?')
    await rig.ended()
    await rig.store.clear('project')
    await playTwoAtOnce(rig, ['How many?', 'Please say hi'], ['It has two.', 'Hi!'])
  }),

  scenario('a very long output', (agent) => [{ match: /print much/i, steps: [[{ text: 'I print.' }, agent.command(printsMuch)], [{ text: 'Printed.' }]] }], async (rig) => {
    await rig.start('Please print much')
    // Some know that it does no harm.
    const { permissions } = await rig.until('a question or the end', ({ live, permissions: { length } }) => !live || length > 0)
    if (permissions.length > 0) await rig.choose('allow_once')
    expectMuch(await rig.ended())
  }),

  scenario('an edit, with what it changes', ({ write }) => [{ match: /write it down/i, steps: [[{ text: 'I write.' }, ...(write ? [write('b.txt', 'new words\n')] : [])], [{ text: 'Written.' }]] }], async (rig) => {
    await rig.start('Please write it down')
    await rig.choose('allow_once')
    const session = await rig.ended()
    assert.ok(rig.exists('b.txt'), said(session).join('\n'))
    const call = session.messages.find(({ role }) => role === 'tool-call')
    assert.ok(call?.toolPath?.endsWith('b.txt'), `it is about ${call?.toolPath}`)
    assert.ok(session.messages.some(({ role, content }) => role === 'tool-result' && content.includes('new words')), said(session).join('\n'))
  }, ({ write }) => write !== undefined),

  scenario('mode changed', () => [followUp], async (rig) => {
    await rig.start('How many?')
    const { modes, mode } = await rig.ended()
    const other = modes.find(({ id }) => id !== mode)
    assert.ok(other, `there is no mode beside ${mode}`)
    assert.deepEqual(await rig.session.configure({ mode: other.id }), { ok: true })
    await rig.until('the mode', (session) => session.mode === other.id)
    await rig.prompt('How many?')
    await rig.ended()
    assert.equal(rig.session.mode, other.id)
  }),
]
