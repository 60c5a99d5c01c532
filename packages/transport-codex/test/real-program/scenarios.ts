import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { AgentEvent } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'
import type { Route } from '../../src/index.ts'
import type { ModelBlock, ModelStep, Scenario } from './model-server.ts'
import { dot, expectMuch, playTwoAtOnce, printsMuch } from '../../../../test/transports/real-scenarios.ts'
import { Rig, type RigOptions, said } from './rig.ts'

export interface RealScenario {
  /** Which of the two ways to Codex it is about. */
  readonly route: Route
  readonly name: string
  run(program: string): Promise<void>
}

const say = (text: string): ModelStep => [{ text }]
const shell = (cmd: string, first = 'Doing it.'): readonly ModelBlock[] => [{ text: first }, { tool: 'exec_command', input: { cmd } }]
/** A command for which Codex has to ask. */
const escalated = (cmd: string): readonly ModelBlock[] => [{ text: 'May I?' }, { tool: 'exec_command', input: { cmd, sandbox_permissions: 'require_escalated', justification: 'It is needed' } }]
const patch = (text: string): ModelBlock => ({ tool: 'apply_patch', input: `*** Begin Patch\n${text}\n*** End Patch\n` })
const hi: Scenario = { match: /say hi/, steps: [say('Hi!')] }
const only = (...steps: ModelStep[]): Scenario[] => [hi, { match: /./, steps }]

function scenario(name: string, model: readonly Scenario[], work: (rig: Rig) => Promise<void>, more: Omit<RigOptions, 'program'> | ((program: string) => RigOptions) = {}): RealScenario {
  return {
    route: typeof more === 'function' ? 'exec' : (more.route ?? 'app-server'),
    name,
    async run(program) {
      const rig = await Rig.open(model, typeof more === 'function' ? more(program) : { program, ...more })
      try {
        await work(rig)
        assert.deepEqual(rig.reports, [], 'the store had something to report')
        for (const { streaming, toolState } of rig.session.messages) assert.ok(streaming !== true && toolState !== 'running')
        await rig.store.dispose()
        await rig.gone()
      } finally {
        await rig.close()
      }
    },
  }
}

const ends = (rig: Rig, status: string, endReason: string): void => assert.deepEqual([rig.session.status, rig.session.endReason], [status, endReason], rig.session.error)
const words = (rig: Rig): string[] => rig.session.messages.filter(({ role, parentId }) => role === 'assistant' && parentId === undefined).map(({ content }) => content)
const unknownThread = '00000000-0000-4000-8000-000000000000'

/** What is the same on both routes. */
const onBoth = (route: Route): RealScenario[] => [
  scenario('a tool, a change, then a follow-up', only([{ thinking: '**Looking**\n\nFirst the folder.' }, ...shell('cat a.txt')], [patch('*** Add File: b.txt\n+new')], say('Made.')), async (rig) => {
    await rig.start('Make a file')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(rig.exists('b.txt'))
    assert.deepEqual(words(rig), ['Doing it.', 'Made.'])
    assert.ok(said(rig.session).includes('tool-result command_execution "hello\\n"'))
    assert.ok(rig.session.messages.some(({ role, toolPath }) => role === 'tool-call' && toolPath === path.join(rig.cwd, 'b.txt')))
    assert.deepEqual([rig.session.inputTokens, rig.session.outputTokens, rig.session.cachedInputTokens], [300, 30, 150])
    await rig.prompt('say hi')
    await rig.ended()
    assert.deepEqual(words(rig), ['Doing it.', 'Made.', 'Hi!'])
    assert.equal(rig.session.inputTokens, 400)
  }, { route }),
  scenario('stop in text, then go on', [hi, { match: /story/, steps: [[{ text: 'Once upon a time' }, { hang: true }]] }], async (rig) => {
    await rig.start('Tell a story')
    // `codex exec` tells a text when it is whole.
    if (route === 'app-server') await rig.until('some words', (session) => session.lastMessage?.role === 'assistant')
    assert.ok((await rig.session.stop()).ok)
    await rig.ended()
    ends(rig, 'done', 'stopped')
    if (route === 'app-server') assert.ok(rig.session.lastMessage?.cut)
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(words(rig).at(-1), 'Hi!')
    assert.equal(rig.session.continuity, undefined)
  }, { route }),
  scenario('stop in a tool', only(shell('tail -f a.txt'), say('Watched.')), async (rig) => {
    await rig.start('Watch the file')
    await rig.until('the call', (session) => session.messages.some(({ toolState }) => toolState === 'running'))
    assert.ok((await rig.session.stop()).ok)
    await rig.ended()
    ends(rig, 'done', 'stopped')
  }, { route }),
  scenario('resumed in a new process', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const { agentSessionId } = rig.session
    assert.ok(agentSessionId)
    await rig.reopen()
    assert.equal((await rig.store.restore('project')).outcome, 'restored')
    await rig.prompt('say hi')
    await rig.ended()
    assert.deepEqual([rig.session.agentSessionId, rig.session.continuity], [agentSessionId, undefined])
    assert.ok(JSON.stringify(rig.model.requests.at(-1)).includes('heron'))
    assert.deepEqual(said(rig.session), ['user "Remember the word heron"', 'assistant "Noted."', 'user "say hi"', 'assistant "Hi!"'])
    assert.equal(rig.session.inputTokens, 200)
  }, { route }),
  scenario('a session that the program has forgotten', only(say('What?')), async (rig) => {
    await rig.start('Go on', { agentSessionId: unknownThread })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(rig.session.continuity, 'restarted')
    assert.notEqual(rig.session.agentSessionId, unknownThread)
  }, { route }),
  scenario('error of the API, then go on', only({ status: 500, type: 'server_error', message: 'Broken' }), async (rig) => {
    await rig.start('Fail')
    await rig.ended()
    ends(rig, 'error', 'error')
    assert.ok(rig.session.error)
    assert.deepEqual(words(rig), [])
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.deepEqual(words(rig), ['Hi!'])
  }, { route }),
  scenario('error that a retry gets over', [{ match: /./, steps: [say('Recovered.')], failFirst: 1 }], async (rig) => {
    await rig.start('Fail once')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.deepEqual(words(rig), ['Recovered.'])
  }, { route }),
  scenario('killed with -9, then go on', [hi, { match: /story/, steps: [[{ text: 'First.' }, { tool: 'exec_command', input: { cmd: 'tail -f a.txt' } }]] }], async (rig) => {
    await rig.start('Tell a story')
    await rig.until('the call', (session) => session.messages.some(({ toolState }) => toolState === 'running'))
    rig.killAll()
    await rig.ended()
    ends(rig, 'error', 'error')
    assert.match(rig.session.error ?? '', /SIGKILL/)
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(words(rig).at(-1), 'Hi!')
  }, { route }),
  scenario(
    'a plan',
    only([{ tool: 'update_plan', input: { plan: [{ step: 'Read', status: 'completed' }, { step: 'Write', status: 'in_progress' }] } }], say('Planned.')),
    async (rig) => {
      await rig.start('Plan it')
      await rig.ended()
      assert.deepEqual(rig.session.plan.map(({ content, status }) => [content, status]), [['Read', 'completed'], ['Write', route === 'exec' ? 'pending' : 'in_progress']])
    },
    { route },
  ),
  scenario('two sessions at once', only(say('Seen.')), (rig) => playTwoAtOnce(rig, ['Look', 'Please say hi'], ['Seen.', 'Hi!']), { route }),
  scenario('a very long output', only(shell(printsMuch), say('Printed.')), async (rig) => {
    await rig.start('Print much')
    expectMuch(await rig.ended())
  }, { route }),
  scenario('an edit, with what it changes', only([patch('*** Update File: a.txt\n@@\n-hello\n+new words')], say('Changed.')), async (rig) => {
    await rig.start('Change it')
    const { messages } = await rig.ended()
    assert.ok(messages.some(({ role, toolPath }) => role === 'tool-call' && toolPath === path.join(rig.cwd, 'a.txt')), said(rig.session).join('\n'))
    // `codex exec` tells which files, and not what was changed in them.
    if (route === 'app-server') assert.ok(messages.some(({ role, content }) => role === 'tool-result' && content.includes('+new words')), said(rig.session).join('\n'))
  }, { route }),
  scenario('every start option', only(shell('touch ../outside/made'), say('Done.')), async (rig) => {
    const outside = path.join(rig.home, 'outside')
    mkdirSync(outside)
    await rig.start('Write beside', { model: 'gpt-5.5', systemPrompt: 'Speak like a heron.', additionalDirectories: [outside], extraEnv: { SOME_NOTE: 'note' } })
    await rig.ended()
    ends(rig, 'done', 'completed')
    const asked = JSON.stringify(rig.model.requests[0])
    assert.ok(asked.includes('Speak like a heron.') && asked.includes('"model":"gpt-5.5"') && asked.includes(rig.cwd))
    assert.ok(rig.exists('../outside/made'), said(rig.session).join('\n'))
  }, { route }),
]

export const scenarios: readonly RealScenario[] = [
  ...onBoth('app-server'),
  ...onBoth('exec'),
  scenario('tool allowed, then a follow-up', only(escalated('touch ../made && echo done'), say('Made.')), async (rig) => {
    await rig.start('Make it')
    const { input, title, toolCallId } = await rig.answer({ optionId: 'accept' })
    assert.deepEqual([title, textField(input, 'command')], ['It is needed', 'touch ../made && echo done'])
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(rig.exists('../made'))
    assert.equal(rig.session.messages.find(({ role }) => role === 'tool-call')?.toolCallId, toolCallId)
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(words(rig).at(-1), 'Hi!')
  }),
  scenario('tool denied', only(escalated('touch ../made'), say('Left it.')), async (rig) => {
    await rig.start('Make it')
    await rig.answer({ optionId: 'decline' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(!rig.exists('../made'))
    assert.deepEqual(words(rig), ['May I?', 'Left it.'])
    assert.ok(said(rig.session).includes('tool-result command_execution "Declined"'))
  }),
  scenario('tool always allowed', only(escalated('touch ../made'), escalated('touch ../made'), say('Made twice.')), async (rig) => {
    await rig.start('Make it')
    await rig.answer({ optionId: 'acceptWithExecpolicyAmendment' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(rig.session.permissions.length, 1)
  }),
  scenario('a change allowed, another denied', only([patch('*** Add File: b.txt\n+new')], [patch('*** Add File: c.txt\n+new')], say('Tried.')), async (rig) => {
    await rig.start('Make files', { permissionMode: 'read-only' })
    const { input } = await rig.answer({ optionId: 'accept' })
    assert.equal(textField(input, 'file_path'), path.join(rig.cwd, 'b.txt'))
    await rig.answer({ optionId: 'decline' })
    await rig.ended()
    assert.deepEqual([rig.exists('b.txt'), rig.exists('c.txt'), rig.session.mode], [true, false, 'read-only'])
  }),
  scenario('stop in a permission', only(escalated('touch ../made'), say('Made.')), async (rig) => {
    await rig.start('Make it')
    await rig.asked()
    assert.ok((await rig.session.stop()).ok)
    await rig.ended()
    ends(rig, 'done', 'stopped')
    assert.deepEqual(rig.session.permissions.map(({ state }) => state), ['cancelled'])
    assert.ok(!rig.exists('../made'))
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(words(rig).at(-1), 'Hi!')
  }),
  scenario('steered in the middle', [hi, { match: /also this/, steps: [say('Both done.')] }, { match: /./, steps: [shell('sleep 1'), say('Done.')] }], async (rig) => {
    await rig.start('Do this')
    await rig.until('the call', (session) => session.messages.some(({ toolState }) => toolState === 'running'))
    const steered = await rig.session.prompt('And also this')
    assert.ok(steered.ok && !steered.queued)
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.deepEqual(words(rig), ['Doing it.', 'Both done.'])
    assert.equal(rig.session.messages.filter(({ role }) => role === 'user').length, 2)
  }),
  scenario('connection lost in the middle of an answer', [{ match: /./, steps: [[{ text: 'Half a sen' }, { cut: true }]] }], async (rig) => {
    await rig.start('Say something')
    await rig.ended()
    ends(rig, 'error', 'error')
    assert.deepEqual(words(rig), ['Half a sen'])
    assert.ok(rig.session.lastMessage?.cut)
  }),
  scenario('listed and imported', only(shell('cat a.txt'), say('Read.')), async (rig) => {
    await rig.start('Read the file')
    await rig.ended()
    const before = said(rig.session)
    const [found] = await rig.transport.list('project')
    assert.deepEqual([found?.agentSessionId, found?.title, found?.cwd], [rig.session.agentSessionId, 'Read the file', rig.cwd])
    await rig.store.dispose()
    await rig.reopen()
    const started = await rig.store.start('other', { provider: 'codex', prompt: 'say hi', cwd: rig.cwd, model: 'gpt-5.5', agentSessionId: found?.agentSessionId ?? '' })
    assert.ok(started.ok)
    const session = rig.store.getSession('other')
    assert.ok(session)
    await new Promise<void>((resolve) => session.subscribe(() => (session.live ? undefined : resolve())))
    assert.deepEqual(said(session), [...before, 'user "say hi"', 'assistant "Hi!"'])
    await rig.store.restore('project')
  }),
  scenario('forked, and the copy forgotten', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const from = rig.session.agentSessionId ?? ''
    const session = { projectId: 'project', provider: 'codex', cwd: rig.cwd }
    const forked = await rig.transport.fork({ agentSessionId: from, session })
    assert.ok(forked.ok && forked.agentSessionId !== from)
    const { agentSessionId } = forked
    assert.ok((await rig.store.start('copy', { provider: 'codex', prompt: 'say hi', cwd: rig.cwd, model: 'gpt-5.5', agentSessionId })).ok)
    const copy = rig.store.getSession('copy')
    assert.ok(copy)
    await new Promise<void>((resolve) => copy.subscribe(() => (copy.live ? undefined : resolve())))
    assert.deepEqual(said(copy), ['user "Remember the word heron"', 'assistant "Noted."', 'user "say hi"', 'assistant "Hi!"'])
    assert.equal(rig.session.messageCount, 2)
    const forgotten = await rig.transport.forget({ agentSessionId, session })
    assert.ok(forgotten.ok, JSON.stringify(forgotten))
    assert.deepEqual((await rig.transport.list('project')).map((found) => found.agentSessionId), [from])
    assert.ok(!(await rig.transport.fork({ agentSessionId, session })).ok)
  }),
  scenario(
    'a sub-agent',
    [
      { match: /HELPER JOB/, steps: [shell('ls | wc -l', 'I count.'), say('There is one file.')] },
      { match: /./, steps: [[{ text: 'I send a helper.' }, { tool: 'spawn_agent', namespace: 'collaboration', input: { task_name: 'count', message: 'HELPER JOB: count the files', fork_turns: 'none' } }], [{ tool: 'wait_agent', namespace: 'collaboration', input: { timeout_ms: 15_000 } }], say('One file, says the helper.')] },
    ],
    async (rig) => {
      await rig.start('Ask a helper', { model: 'gpt-6-sol' })
      await rig.ended()
      ends(rig, 'done', 'completed')
      assert.deepEqual(words(rig), ['I send a helper.', 'One file, says the helper.'])
      const spawn = rig.session.messages.find(({ toolName, role }) => toolName === 'spawn_agent' && role === 'tool-call')
      const below = rig.session.messages.filter(({ parentId }) => parentId !== undefined)
      assert.ok(spawn && below.length > 0 && below.every(({ parentId }) => parentId === spawn.toolCallId), said(rig.session).join('\n'))
    },
  ),
  scenario('mode and model changed', only(say('Yes.')), async (rig) => {
    await rig.start('Hello')
    await rig.ended()
    await rig.until('the models', ({ models, settings }) => models.length > 0 && settings !== undefined)
    assert.ok((await rig.session.configure({ model: 'gpt-6-sol', mode: 'read-only' })).ok)
    assert.ok((await rig.session.configure({ settings: { 'reasoning-effort': 'high' } })).ok)
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(textField(rig.model.requests.at(-1), 'model'), 'gpt-6-sol')
    assert.equal(textField(field(rig.model.requests.at(-1), 'reasoning'), 'effort'), 'high')
    assert.deepEqual([rig.session.model, rig.session.mode], ['gpt-6-sol', 'read-only'])
  }),
  scenario('an image in a prompt', only(say('A dot.')), async (rig) => {
    await rig.start([{ type: 'text', text: 'What is this?' }, dot])
    await rig.ended()
    ends(rig, 'done', 'completed')
    const images = listField(rig.model.requests.at(-1), 'input').flatMap((item) => listField(item, 'content')).filter((part) => textField(part, 'type') === 'input_image')
    assert.equal(images.length, 1)
    assert.equal(rig.session.messages.filter(({ role }) => role === 'user').length, 1)
  }),
  scenario(
    'no app-server: found out, then driven by exec',
    only(say('By exec.')),
    async (rig) => {
      const events: AgentEvent[] = []
      rig.transport.subscribe((event) => events.push(event))
      await rig.start('Hello')
      await rig.ended()
      ends(rig, 'done', 'completed')
      assert.deepEqual(words(rig), ['By exec.'])
      assert.ok(!events.some(({ type }) => type === 'delta'))
      assert.equal(rig.transport.capabilities?.steer, false)
      await rig.prompt('say hi')
      await rig.ended()
      assert.equal(words(rig).at(-1), 'Hi!')
    },
    (program) => ({ program: withoutAppServer(program) }),
  ),
]

/** A program that refuses the app-server as an older one does, and is the real one otherwise. */
function withoutAppServer(program: string): string {
  const file = path.join(path.dirname(program), 'codex-without-app-server')
  writeFileSync(file, `#!/bin/sh\n[ "$1" = app-server ] && { echo "error: unrecognized subcommand 'app-server'" >&2; exit 2; }\nexec "${program}" "$@"\n`)
  chmodSync(file, 0o755)
  assert.ok(readFileSync(file, 'utf8').includes(program))
  return file
}
