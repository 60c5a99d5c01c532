import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { field, textField } from '@agent-session/core/transport'
import path from 'node:path'
import type { ClaudeSdk, ClaudeTransportOptions } from '../../src/index.ts'
import type { ModelStep, Scenario } from './model-server.ts'
import { expectMuch, playTwoAtOnce, printsMuch } from '../../../../test/transports/real-scenarios.ts'
import { Rig, said } from './rig.ts'

export interface RealScenario {
  readonly name: string
  run(sdk: ClaudeSdk): Promise<void>
}

const say = (text: string): ModelStep => [{ text }]
const bash = (command: string, first = 'Doing it.'): ModelStep => [{ text: first }, { tool: 'Bash', input: { command, description: 'Do it' } }]
const only = (...steps: ModelStep[]): Scenario[] => [{ match: /say hi/, steps: [say('Hi!')] }, { match: /./, steps }]

function scenario(name: string, model: readonly Scenario[], work: (rig: Rig) => Promise<void>, more: ClaudeTransportOptions | ((sdk: ClaudeSdk) => ClaudeTransportOptions) = {}): RealScenario {
  return {
    name,
    async run(sdk) {
      const rig = await Rig.open(sdk, model, typeof more === 'function' ? more(sdk) : more)
      try {
        await work(rig)
        assert.deepEqual(rig.reports, [], 'the store had something to report')
        for (const { streaming, toolState } of rig.session.messages) assert.ok(streaming !== true && toolState !== 'running')
      } finally {
        await rig.close()
      }
    },
  }
}

const unknownId = '00000000-0000-4000-8000-000000000000'

const ends = (rig: Rig, status: string, endReason: string): void => assert.deepEqual([rig.session.status, rig.session.endReason], [status, endReason], rig.session.error)
const words = (rig: Rig): string[] => rig.session.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)

/** The program itself, and nothing that it has started. */
const isClaude = (commandLine: string): boolean => commandLine.includes('--output-format')

export const scenarios: readonly RealScenario[] = [
  scenario('tool allowed, then a follow-up', only(bash('mkdir -p made && echo done'), say('Made.')), async (rig) => {
    await rig.start('Make a directory')
    const { input } = await rig.answer({ optionId: 'allow' })
    assert.equal(textField(input, 'command'), 'mkdir -p made && echo done')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(existsSync(path.join(rig.cwd, 'made')))
    assert.deepEqual(words(rig), ['Doing it.', 'Made.'])
    await rig.prompt('say hi')
    await rig.ended()
    assert.deepEqual(words(rig), ['Doing it.', 'Made.', 'Hi!'])
    assert.ok(rig.session.costUsd > 0 && rig.session.inputTokens === 300)
  }),
  scenario('tool denied', only(bash('mkdir -p made'), say('Left it.')), async (rig) => {
    await rig.start('Make a directory')
    await rig.answer({ optionId: 'deny', text: 'Not here.' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(!existsSync(path.join(rig.cwd, 'made')))
    assert.ok(said(rig.session).includes('tool-result Bash "Not here."'))
  }),
  scenario('tool allowed with other arguments', only(bash('mkdir -p made'), say('Made.')), async (rig) => {
    await rig.start('Make a directory')
    await rig.answer({ optionId: 'allow', input: { command: 'mkdir -p other', description: 'Do it' } })
    await rig.ended()
    assert.deepEqual([existsSync(path.join(rig.cwd, 'made')), existsSync(path.join(rig.cwd, 'other'))], [false, true])
  }),
  scenario('tool always allowed', only(bash('mkdir -p made'), bash('mkdir -p made', 'Again.'), say('Made twice.')), async (rig) => {
    await rig.start('Make a directory')
    await rig.answer({ optionId: 'always' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(rig.session.permissions.length, 1)
    assert.ok(!existsSync(path.join(rig.cwd, '.claude')))
  }),
  scenario('stop in text, then go on', [{ match: /say hi/, steps: [say('Hi!')] }, { match: /story/, steps: [[{ text: 'Once upon a time' }, { hang: true }]] }], async (rig) => {
    await rig.start('Tell a story')
    await rig.until('some words', (session) => session.lastMessage?.role === 'assistant')
    assert.ok((await rig.session.stop()).ok)
    await rig.ended()
    ends(rig, 'done', 'stopped')
    assert.ok(rig.session.lastMessage?.cut)
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(words(rig).at(-1), 'Hi!')
  }),
  scenario('stop in a tool', only(bash('tail -f a.txt'), say('Watched.')), async (rig) => {
    await rig.start('Watch the file')
    await rig.until('the call', (session) => session.messages.some(({ toolState }) => toolState === 'running'))
    await rig.session.stop()
    await rig.ended()
    ends(rig, 'done', 'stopped')
  }),
  scenario('stop in a permission', only(bash('mkdir -p made'), say('Made.')), async (rig) => {
    await rig.start('Make a directory')
    await rig.asked()
    await rig.session.stop()
    await rig.ended()
    ends(rig, 'done', 'stopped')
    assert.deepEqual(rig.session.permissions.map(({ state }) => state), ['cancelled'])
    assert.ok(!existsSync(path.join(rig.cwd, 'made')))
  }),
  scenario('resumed in a new process', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const before = { cost: rig.session.costUsd, id: rig.session.agentSessionId }
    await rig.reopen()
    const restored = await rig.store.restore('project')
    assert.equal(restored.outcome, 'restored')
    await rig.prompt('say hi')
    await rig.ended()
    assert.deepEqual(words(rig), ['Noted.', 'Hi!'])
    assert.deepEqual(said(rig.session).filter((line) => line.startsWith('user')).length, 2)
    assert.equal(rig.session.agentSessionId, before.id)
    assert.ok(rig.session.costUsd > before.cost)
    assert.ok(JSON.stringify(rig.model.requests.at(-1)).includes('heron'))
  }),
  scenario('a session that the program has forgotten', only(say('Hello.')), async (rig) => {
    await rig.start('Hello', { agentSessionId: unknownId })
    await rig.ended()
    assert.notEqual(rig.session.agentSessionId, unknownId)
    ends(rig, 'done', 'completed')
    assert.equal(rig.session.continuity, 'restarted')
  }),
  scenario('error of the API, then go on', [{ match: /say hi/, steps: [say('Hi!')] }, { match: /./, steps: [{ status: 500, type: 'api_error', message: 'Out of order' }] }], async (rig) => {
    await rig.start('Try it')
    await rig.ended()
    ends(rig, 'error', 'error')
    assert.match(rig.session.error ?? '', /Out of order/)
    assert.deepEqual(words(rig), [])
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.deepEqual(words(rig), ['Hi!'])
  }),
  scenario('nobody is logged in', only({ status: 401, type: 'authentication_error', message: 'invalid x-api-key' }), async (rig) => {
    await rig.start('Try it')
    await rig.ended()
    ends(rig, 'error', 'login-required')
    assert.equal(rig.session.login?.state, 'required')
  }),
  scenario('connection lost in the middle of an answer', only([{ text: 'Half an ans' }, { cut: true }]), async (rig) => {
    await rig.start('Try it')
    await rig.ended()
    assert.equal(words(rig).length, rig.session.status === 'done' ? 1 : 0)
  }),
  scenario('killed with -9, then go on', [{ match: /say hi/, steps: [say('Hi!')] }, { match: /story/, steps: [[{ text: 'Once upon a time' }, { hang: true }]] }], async (rig) => {
    await rig.start('Tell a story')
    await rig.until('the words', (session) => session.lastMessage?.content === 'Once upon a time')
    rig.killAll(isClaude)
    await rig.ended()
    ends(rig, 'error', 'error')
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.deepEqual(said(rig.session).filter((line) => !line.startsWith('system')), ['user "Tell a story"', 'assistant cut "Once upon a time"', 'user "say hi"', 'assistant "Hi!"'])
  }),
  scenario('a plan', only([{ tool: 'TodoWrite', input: { todos: [{ content: 'Read', status: 'completed', activeForm: 'Reading' }, { content: 'Write', status: 'in_progress', activeForm: 'Writing' }] } }], say('Planned.')), async (rig) => {
    await rig.start('Plan it')
    await rig.ended()
    assert.deepEqual(rig.session.plan.map(({ content, status }) => `${content} ${status}`), ['Read completed', 'Write in_progress'])
  }, { env: { CLAUDE_CODE_ENABLE_TASKS: '0' } }),
  scenario('a plan of tasks', only([{ tool: 'TaskCreate', input: { subject: 'Read', description: 'Read it', activeForm: 'Reading' } }], [{ tool: 'TaskUpdate', input: { taskId: '1', status: 'in_progress' } }], say('Planned.')), async (rig) => {
    await rig.start('Plan it')
    await rig.ended()
    assert.deepEqual(rig.session.plan.map(({ content, status }) => `${content} ${status}`), ['Read in_progress'])
  }, { env: { CLAUDE_CODE_ENABLE_TASKS: '1' } }),
  scenario('a sub-agent', [
    { match: /HELPER JOB/, steps: [[{ text: 'Counting.' }, { tool: 'Bash', input: { command: 'ls | wc -l', description: 'Count' } }], say('There is one.')] },
    { match: /./, steps: [[{ text: 'I ask.' }, { tool: 'Agent', input: { description: 'Count', prompt: 'HELPER JOB: count', subagent_type: 'general-purpose', run_in_background: false } }], say('One, says the helper.')] },
  ], async (rig) => {
    await rig.start('Ask somebody')
    await rig.ended()
    const lines = said(rig.session)
    assert.ok(lines.includes('assistant under "Counting."'), lines.join('\n'))
    assert.ok(lines.includes('tool-call Bash done under "ls | wc -l"'), lines.join('\n'))
    assert.ok(lines.includes('tool-result Agent "There is one."'), lines.join('\n'))
    assert.equal(lines.filter((line) => line.startsWith('user')).length, 1)
  }),
  scenario('a sub-agent that asks', [
    { match: /HELPER JOB/, steps: [bash('mkdir -p made', 'Making.'), say('Made.')] },
    { match: /./, steps: [[{ tool: 'Agent', input: { description: 'Make', prompt: 'HELPER JOB: make', subagent_type: 'general-purpose', run_in_background: false } }], say('Made, says the helper.')] },
  ], async (rig) => {
    await rig.start('Ask somebody')
    const { parentId, toolCallId } = await rig.answer({ optionId: 'allow' })
    const agent = rig.session.messages.find(({ toolName }) => toolName === 'Agent')
    assert.ok(parentId === agent?.toolCallId && toolCallId !== undefined)
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(existsSync(path.join(rig.cwd, 'made')))
  }),
  scenario('a question to the person', only([{ tool: 'AskUserQuestion', input: { questions: [{ question: 'Which colour?', header: 'Colour', options: [{ label: 'Red', description: 'Warm' }, { label: 'Blue', description: 'Cold' }], multiSelect: false }] } }], say('Thanks.')), async (rig) => {
    await rig.start('Ask me')
    const { options, title } = await rig.answer({ optionId: 'choose-1' })
    assert.deepEqual([title, options.map(({ label }) => label)], ['Which colour?', ['Red', 'Blue', 'Answer', 'Do not answer']])
    await rig.ended()
    assert.ok(said(rig.session).some((line) => line.includes('=\\"Blue\\"')), said(rig.session).join('\n'))
  }),
  scenario('plan mode', only([{ text: 'A plan.' }, { tool: 'ExitPlanMode', input: { plan: '# Plan\n1. Read\n2. Write' } }], [{ tool: 'Write', input: { file_path: 'planned.txt', content: 'planned\n' } }], say('Carried out.')), async (rig) => {
    await rig.start('Plan it', { permissionMode: 'plan' })
    await rig.asked()
    assert.equal(rig.session.mode, 'plan')
    const { input } = await rig.answer({ optionId: 'always' })
    assert.match(textField(input, 'plan') ?? '', /1\. Read/)
    await rig.ended()
    assert.equal(rig.session.mode, 'acceptEdits')
    assert.deepEqual(rig.session.plan.map(({ content }) => content), ['Read', 'Write'])
  }),
  scenario('an image in a prompt', only(say('A dot.')), async (rig) => {
    const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    await rig.start([{ type: 'text', text: 'What is it?' }, { type: 'image', mimeType: 'image/png', data: dot }])
    await rig.ended()
    assert.ok(JSON.stringify(rig.model.requests).includes('"image/png"'))
  }),
  scenario('two sessions at once', only(say('Seen.')), (rig) => playTwoAtOnce(rig, ['Look', 'Please say hi'], ['Seen.', 'Hi!'])),
  scenario('a very long output', only(bash(printsMuch), say('Printed.')), async (rig) => {
    await rig.start('Print much')
    expectMuch(await rig.ended())
  }),
  scenario('an edit, with what it changes', only([{ tool: 'Read', input: { file_path: 'a.txt' } }], [{ tool: 'Edit', input: { file_path: 'a.txt', old_string: 'hello', new_string: 'new words' } }], say('Changed.')), async (rig) => {
    await rig.start('Change it')
    await rig.answer({ optionId: 'allow' })
    const { messages } = await rig.ended()
    const call = messages.find(({ toolName, role }) => role === 'tool-call' && toolName === 'Edit')
    const result = messages.find(({ role, toolCallId }) => role === 'tool-result' && toolCallId === call?.toolCallId)
    assert.ok(call?.toolPath?.endsWith('a.txt') && result?.content.includes('-hello') && result.content.includes('+new words'), said(rig.session).join('\n'))
  }),
  scenario('every start option', only(say('Hello.')), async (rig) => {
    const other = path.join(rig.home, 'other')
    const config = path.join(rig.home, 'config')
    mkdirSync(other)
    execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: rig.cwd })
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'first'], { cwd: rig.cwd })
    const session = await rig.start('Hello', {
      model: 'claude-sonnet-5-5',
      systemPrompt: 'Answer like a heron.',
      maxTurns: 3,
      permissionMode: 'acceptEdits',
      claudeConfigDir: config,
      extraEnv: { HERON_COLOUR: 'grey' },
      additionalDirectories: [other],
      worktreeName: 'heron',
    })
    await rig.ended()
    ends(rig, 'done', 'completed')
    const request = rig.model.requests.at(-1)
    assert.deepEqual([session.model, session.mode], ['claude-sonnet-5-5', 'acceptEdits'])
    assert.equal(textField(request, 'model'), 'claude-sonnet-5-5')
    assert.ok(JSON.stringify(field(request, 'system')).includes('Answer like a heron.'))
    assert.ok(existsSync(path.join(config, 'projects')))
    assert.ok(existsSync(path.join(rig.cwd, '.claude', 'worktrees', 'heron')), 'there is no worktree')
    assert.ok(JSON.stringify(request).includes(other), 'the other directory is not known')
  }),
  scenario('limit of turns', only(bash('echo again')), async (rig) => {
    await rig.start('Again and again', { maxTurns: 2 })
    await rig.ended()
    ends(rig, 'error', 'max_turns')
  }),
  scenario('steered in the middle', only(bash('tail -n 1 a.txt; for i in 1 2 3; do ping -c 1 127.0.0.1 >/dev/null 2>&1; done', 'Looking.'), say('Looked.')), async (rig) => {
    await rig.start('Look at it', { permissionMode: 'default' })
    await rig.asked()
    await rig.prompt('And mind the heron')
    await rig.answer({ optionId: 'allow' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.ok(JSON.stringify(rig.model.requests).includes('mind the heron'))
    assert.equal(said(rig.session).filter((line) => line.startsWith('user')).length, 2)
  }),
  scenario('steered too late for the turn', only([{ text: 'Half ' }, { pause: 1_500 }, { text: 'and half.' }]), async (rig) => {
    await rig.start('Say it slowly')
    await rig.until('some words', (session) => session.lastMessage?.role === 'assistant')
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(words(rig).at(-1), 'Hi!')
  }),
  scenario('a command in the background, and what is said of it later', [
    { match: /say hi/, steps: [say('Hi!')] },
    { match: /Do it now/, steps: [[{ tool: 'Bash', input: { command: 'tail -n 1 a.txt; mkdir made', description: 'Do it', run_in_background: true } }], say('Started.')] },
    { match: /./, steps: [say('It is done.')] },
  ], async (rig) => {
    await rig.start('Do it now')
    await rig.answer({ optionId: 'allow' })
    await rig.ended()
    ends(rig, 'done', 'completed')
    await rig.until('a word about it', () => words(rig).at(-1) === 'It is done.')
    assert.equal(rig.session.live, false)
    await rig.prompt('say hi')
    await rig.ended()
    assert.deepEqual(words(rig), ['Started.', 'It is done.', 'Hi!'])
  }),
  scenario('listed and imported', only(bash('ls'), say('Looked.')), async (rig) => {
    await rig.start('Look around')
    await rig.ended()
    const before = said(rig.session).filter((line) => !line.startsWith('system'))
    const [listed] = await rig.transport.list('project')
    assert.equal(listed?.agentSessionId, rig.session.agentSessionId)
    assert.ok(listed?.title)
    await rig.start('say hi', { agentSessionId: listed?.agentSessionId ?? '' })
    await rig.ended()
    const after = said(rig.session).filter((line) => !line.startsWith('system'))
    assert.deepEqual(after.filter((line) => !/say hi|Hi!/.test(line)), before)
    assert.ok(JSON.stringify(rig.model.requests.at(-1)).includes('Look around'))
  }),
  scenario('imported with what sub-agents said', [
    { match: /say hi/, steps: [say('Hi!')] },
    { match: /INNER JOB/, steps: [bash('ls', 'Looking.'), say('Inner says one.')] },
    { match: /HELPER JOB/, steps: [[{ text: 'I ask further.' }, { tool: 'Agent', input: { description: 'Count', prompt: 'INNER JOB: count', subagent_type: 'general-purpose', run_in_background: false } }], say('There is one.')] },
    { match: /./, steps: [[{ text: 'I ask.' }, { tool: 'Agent', input: { description: 'Count', prompt: 'HELPER JOB: count', subagent_type: 'general-purpose', run_in_background: false } }], say('One, says the helper.')] },
  ], async (rig) => {
    await rig.start('Ask somebody')
    await rig.ended()
    const outline = (): unknown => rig.session.messages.filter(({ role, content }) => role !== 'system' && !/say hi|Hi!/.test(content)).map(({ role, id, content, parentId }) => [role, role === 'user' ? '' : id, content, parentId])
    const before = outline()
    const { agentSessionId = '' } = rig.session
    await rig.start('say hi', { agentSessionId })
    await rig.ended()
    assert.deepEqual(outline(), before)
  }),
  scenario('forked', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const { agentSessionId = '' } = rig.session
    const forked = await rig.transport.fork({ agentSessionId, session: { projectId: 'project', provider: 'claude', cwd: rig.cwd } })
    if (!forked.ok) throw new Error(forked.error)
    const copy = forked.agentSessionId
    assert.notEqual(copy, agentSessionId)
    await rig.start('say hi', { agentSessionId: copy })
    await rig.ended()
    assert.equal(rig.session.agentSessionId, copy)
    assert.ok(JSON.stringify(rig.model.requests.at(-1)).includes('heron'))
  }),
  scenario('forgotten', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const { agentSessionId = '' } = rig.session
    assert.equal(rig.session.login?.state, 'done')
    assert.ok((await rig.transport.forget({ agentSessionId, session: { projectId: 'project', provider: 'claude', cwd: rig.cwd } })).ok)
    assert.deepEqual(await rig.transport.list('project'), [])
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(rig.session.continuity, 'restarted')
  }),
  scenario('compacted', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    await rig.prompt('/compact')
    await rig.ended()
    ends(rig, 'done', 'completed')
    await rig.prompt('say hi')
    await rig.ended()
    assert.equal(words(rig).at(-1), 'Hi!')
    assert.equal(said(rig.session).filter((line) => line.startsWith('user')).length, 3)
  }),
  scenario('cleared', only(say('Noted.')), async (rig) => {
    await rig.start('Remember the word heron')
    await rig.ended()
    const { agentSessionId, costUsd } = rig.session
    await rig.prompt('/clear')
    await rig.ended()
    await rig.prompt('say hi')
    await rig.ended()
    assert.notEqual(rig.session.agentSessionId, agentSessionId)
    assert.ok(Math.abs(rig.session.costUsd - 2 * costUsd) < 1e-9, `it cost ${rig.session.costUsd}`)
    await rig.reopen()
    await rig.store.restore('project')
    await rig.prompt('say hi')
    await rig.ended()
    ends(rig, 'done', 'completed')
    assert.equal(rig.session.continuity, 'restarted')
    assert.equal(words(rig).at(-1), 'Hi!')
  }),
  scenario('a command of the program itself', only(say('Noted.')), async (rig) => {
    await rig.start('/context')
    await rig.ended()
    assert.match(words(rig).join(), /Context Usage/)
    assert.equal(words(rig).length, 1)
  }),
  scenario('mode and model changed', only(say('Hello.')), async (rig) => {
    await rig.start('Hello')
    await rig.ended()
    assert.ok((await rig.session.configure({ mode: 'acceptEdits', model: 'claude-sonnet-5-5' })).ok)
    await rig.prompt('Hello again')
    await rig.ended()
    assert.deepEqual([rig.session.mode, rig.session.model], ['acceptEdits', 'claude-sonnet-5-5'])
    assert.equal(textField(rig.model.requests.at(-1), 'model'), 'claude-sonnet-5-5')
  }),
  scenario('an MCP server and a hook of the host', only([{ tool: 'mcp__demo__add', input: { a: 2, b: 3 } }], say('Five.')), async (rig) => {
    await rig.start('Add them')
    await rig.answer({ optionId: 'allow' })
    await rig.ended()
    assert.ok(said(rig.session).includes('tool-result mcp__demo__add "5"'), said(rig.session).join('\n'))
    assert.deepEqual(readFileSync(path.join(rig.cwd, 'hooked.txt'), 'utf8'), 'mcp__demo__add')
  }, { options: { mcpServers: { demo: { command: process.execPath, args: [path.join(import.meta.dirname, 'adding-server.mjs')] } }, includeHookEvents: true, hooks: { PreToolUse: [{ hooks: [(input: unknown) => {
    writeFileSync(path.join(textField(input, 'cwd') ?? '', 'hooked.txt'), textField(input, 'tool_name') ?? '')
    return Promise.resolve({ continue: true })
  }] }] } } }),
  scenario('thinking', only([{ thinking: 'Let me think.' }, { text: 'Thought.' }]), async (rig) => {
    await rig.start('Think')
    await rig.ended()
    assert.deepEqual(said(rig.session).slice(2), ['thinking "Let me think."', 'assistant "Thought."'])
  }),
]

