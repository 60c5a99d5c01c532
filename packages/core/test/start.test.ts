import { describe, expect, test } from 'vitest'
import { createAgentStore, type SettingsSource, type StartRequest } from '../src/index.ts'
import { createScriptedTransport } from '../src/testing/index.ts'
import { createScene, neverAnswer, project, refuse, rolesAndTexts, type SceneOptions } from './scene.ts'
import { must } from './must.ts'

const everyOption = {
  cwd: '/work',
  model: 'opus',
  systemPrompt: 'Be brief.',
  maxTurns: 7,
  permissionMode: 'plan',
  claudeConfigDir: '/config',
  extraEnv: { LANG: 'de' },
  additionalDirectories: ['/a', '/b'],
  worktreeName: 'fix',
}

const settingsOf = (settings: Record<string, string>): SettingsSource => ({ getAll: async () => settings })

/** What the transport gets of a start with these settings, and the warnings there were. */
async function startedWith(options: SceneOptions, request: Partial<StartRequest> = {}) {
  const scene = createScene(options)
  const starting = scene.start(request)
  await scene.clock.advance(10_000)
  await starting
  return { command: must(scene.commands('start')[0]), warnings: scene.heard.warnings.map(({ code }) => code) }
}

describe('a start', () => {
  test('B9 shows as running, with the prompt as its first message, before the transport has answered', async () => {
    const { store, clock } = createScene(neverAnswer('start'))
    void store.start(project, { provider: 'claude', prompt: 'Hello' })
    const session = must(store.getSession(project))
    expect(session.status).toBe('running')
    expect(session.live).toBe(true)
    expect(session.messages).toEqual([
      { id: expect.any(String), seqId: 1, role: 'user', content: 'Hello', delivery: 'sending', run: session.run, timestamp: clock.now() },
    ])
  })

  test('B4 gives a session with all its fields', async () => {
    const { start, store, clock } = createScene()
    const session = await start({ provider: 'codex', model: 'o1' })
    expect(session).toMatchObject({
      projectId: project,
      provider: 'codex',
      status: 'running',
      costUsd: 0,
      inputTokens: 0,
      outputTokens: 0,
      model: 'o1',
      createdAt: clock.now(),
      updatedAt: clock.now(),
      current: true,
    })
    expect(session.error).toBeUndefined()
    expect(session.turns).toBe(1)
    expect(store.getSession(project)).toBe(session)
    expect(store.findSession(session.sessionId)).toBe(session)
    expect(store.hasSession(project)).toBe(true)
    expect(store.hasSession('another')).toBe(false)
  })

  test('B5 T17 hands every option to the transport, additionalDirectories and worktreeName too', async () => {
    const { start, commands } = createScene()
    const { sessionId, run, lastMessage } = await start(everyOption)
    expect(commands('start')).toEqual([
      { type: 'start', ...everyOption, sessionId, run, projectId: project, provider: 'claude', prompt: 'Hello', messageId: lastMessage?.id },
    ])
  })

  test('B5 sends no option that nobody gave', async () => {
    const { start, commands } = createScene()
    await start()
    expect(Object.keys(must(commands('start')[0])).sort()).toEqual(
      ['messageId', 'projectId', 'prompt', 'provider', 'run', 'sessionId', 'type'].sort(),
    )
  })

  test('B10 marks the prompt as sent once the transport has accepted it', async () => {
    const { start } = createScene()
    expect((await start()).lastMessage?.delivery).toBe('sent')
  })

  test('a prompt of parts shows as its text, is kept whole with its message and reaches the transport as it is', async () => {
    const { start, commands } = createScene()
    const prompt = [
      { type: 'text', text: 'Look' },
      { type: 'image', mimeType: 'image/png', data: 'AA==', name: 'a.png' },
      { type: 'image', mimeType: 'image/png', data: 'AA==' },
      { type: 'file', uri: 'file:///b.txt' },
      { type: 'file', uri: 'file:///c.txt', name: 'c' },
    ] as const
    const session = await start({ prompt })
    expect(session.lastMessage).toMatchObject({ content: 'Look\n[image: a.png]\n[image]\n[file: file:///b.txt]\n[file: c]', prompt })
    expect((await start({ prompt: 'plain', ifRunning: 'background' })).lastMessage).not.toHaveProperty('prompt')
    expect(commands('start')[0]?.prompt).toEqual(prompt)
  })

  test('T4 T28 makes ids that are all different within one millisecond and fit every border', async () => {
    const { start } = createScene()
    const sessions = await Promise.all(Array.from({ length: 50 }, (_, index) => start({}, `project ${index}`)))
    const ids = sessions.flatMap(({ sessionId, run, lastMessage }) => [sessionId, run, lastMessage?.id])
    expect(new Set(ids).size).toBe(150)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
  })

  test('T4 takes its ids from newId', async () => {
    let count = 0
    const { start } = createScene({ newId: () => `id-${++count}` })
    const session = await start()
    expect([session.sessionId, session.run, session.lastMessage?.id]).toEqual(expect.arrayContaining(['id-2', 'id-3', 'id-4']))
  })

  test.each(['', 'a b', '../x', 'ä', 'x'.repeat(129)])('T28 refuses a newId that gives %j', (id) => {
    expect(() => createScene({ newId: () => id })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  test('T28 a newId that goes bad later is a refusal, not an exception', async () => {
    let id = 'good'
    const { store } = createScene({ newId: () => id })
    id = '../bad'
    expect(await store.start(project, { provider: 'claude', prompt: 'x' })).toMatchObject({ ok: false, code: 'invalid-argument' })
  })

  test.each(['__proto__', 'constructor', '', ' ', '../../etc', 'a\u0000b', 'x'.repeat(5_000), '🧪'])(
    'T4 a project id may be any string: %j',
    async (projectId) => {
      const { start, store } = createScene()
      const session = await start({}, projectId)
      expect(store.getSession(projectId)).toBe(session)
      expect(session.sessionId).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
      await store.flush()
      expect((await store.listSessions(projectId)).map((found) => found.sessionId)).toEqual([session.sessionId])
    },
  )
})

describe('a start is refused', () => {
  test('B7 while another start of the project is in progress', async () => {
    const { store, clock } = createScene(neverAnswer('start'))
    void store.start(project, { provider: 'claude', prompt: 'one' })
    for (const ifRunning of ['refuse', 'stop', 'background'] as const) {
      expect(await store.start(project, { provider: 'claude', prompt: 'two', ifRunning })).toEqual({
        ok: false,
        code: 'start-in-progress',
        error: 'Session start already in progress',
      })
    }
    expect(store.liveSessions()).toHaveLength(1)
    await clock.advance(0)
  })

  test('B7 not for another project, and not once the first has ended', async () => {
    const { store, clock } = createScene(neverAnswer('start'))
    const first = store.start(project, { provider: 'claude', prompt: 'one' })
    void store.start('other', { provider: 'claude', prompt: 'one' })
    expect(store.liveSessions()).toHaveLength(2)
    await clock.advance(120_000)
    expect(await first).toMatchObject({ ok: false, code: 'transport-timeout' })
    void store.start(project, { provider: 'claude', prompt: 'again' })
    expect(store.getSession(project)?.lastMessage?.content).toBe('again')
  })

  test('T3 over a running session, which goes on as it was', async () => {
    const { start, store, agent } = createScene()
    const session = await start()
    expect(await store.start(project, { provider: 'claude', prompt: 'two' })).toMatchObject({ ok: false, code: 'session-running' })
    agent(session).text('m', 'still here')
    expect(store.getSession(project)).toBe(session)
    expect(session.lastMessage?.content).toBe('still here')
    expect(store.liveSessions(project)).toEqual([session])
  })

  test('T3 by a stop that is refused, where it was to stop the running one first', async () => {
    const { start, store } = createScene(refuse('stop', 'busy'))
    const session = await start()
    expect(await store.start(project, { provider: 'claude', prompt: 'two', ifRunning: 'stop' })).toMatchObject({ ok: false, error: 'busy' })
    expect(store.getSession(project)).toBe(session)
    expect(session.status).toBe('running')
  })

  test.each([
    ['an empty prompt', { provider: 'claude', prompt: '' }],
    ['a prompt of blanks', { provider: 'claude', prompt: ' \n\t' }],
    ['no parts', { provider: 'claude', prompt: [] }],
    ['no provider', { provider: '', prompt: 'x' }],
  ])('for %s, and nothing is opened', async (_, request) => {
    const { store, transport } = createScene()
    expect(await store.start(project, request)).toMatchObject({ ok: false, code: 'invalid-argument' })
    expect(store.hasSession(project)).toBe(false)
    expect(transport.commands).toEqual([])
  })

  test.each(['null', '{}', '{"provider":5,"prompt":"x"}', '{"provider":"x","prompt":5}', '{"provider":"x","prompt":null}', '{"provider":"x","prompt":[null]}', '{"provider":"x","prompt":[{"type":"text"}]}', '{"provider":"x","prompt":[{"type":"video"}]}'])(
    'for a request that nobody type-checked: %s',
    async (json) => {
      const { store, transport } = createScene()
      const request: StartRequest = JSON.parse(json)
      expect(await store.start(project, request)).toMatchObject({ ok: false, code: 'invalid-argument' })
      expect(transport.commands).toEqual([])
    },
  )
})

describe('a start over a running session', () => {
  test('T3 stops it first with ifRunning "stop"', async () => {
    const { start, store, transport } = createScene()
    const first = await start()
    const second = await start({ ifRunning: 'stop', prompt: 'two' })
    expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'stop', 'start'])
    expect(first).toMatchObject({ status: 'done', endReason: 'stopped', current: false, live: false })
    expect(store.getSession(project)).toBe(second)
    expect(store.liveSessions(project)).toEqual([second])
  })

  test('T3 keeps it running, within reach, with ifRunning "background"', async () => {
    const { start, store, transport, agent } = createScene()
    const first = await start()
    const second = await start({ ifRunning: 'background' })
    expect(transport.commands.map(({ type }) => type)).toEqual(['start', 'start'])
    expect(store.getSession(project)).toBe(second)
    expect(store.liveSessions(project)).toEqual([first, second])
    agent(first).text('m', 'from behind')
    expect(first.lastMessage?.content).toBe('from behind')
    expect(second.messageCount).toBe(1)
    expect(await first.stop()).toEqual({ ok: true })
    expect(store.liveSessions(project)).toEqual([second])
  })

  test.each(['done', 'error', 'idle', 'resting'])('B9 a session whose status is %s makes way, and its data stays', async (status) => {
    const { start, store, agent } = createScene()
    const first = await start()
    agent(first).text('m', 'kept')
    agent(first).status(status)
    const second = await start({ prompt: 'two' })
    expect(store.getSession(project)).toBe(second)
    expect(first.current).toBe(false)
    expect(store.findSession(first.sessionId)).toBe(first)
    expect(rolesAndTexts(first)).toEqual([['user', 'Hello'], ['assistant', 'kept']])
  })
})

describe('a start that fails', () => {
  const failing: [string, SceneOptions, string, string, number?][] = [
    ['is refused', refuse('start', 'no such agent'), 'transport-refused', 'no such agent'],
    ['rejects', { reply: () => Promise.reject(new Error('broken pipe')) }, 'transport-threw', 'broken pipe'],
    [
      'throws',
      {
        reply: () => {
          throw new Error('broken pipe')
        },
      },
      'transport-threw',
      'broken pipe',
    ],
    ['is refused with a code', { reply: () => ({ ok: false, error: 'not installed', code: 'agent-not-found' }) }, 'agent-not-found', 'not installed'],
    ['is refused with a word of its own', { reply: () => ({ ok: false, error: 'no', code: 'toString' }) }, 'transport-refused', 'no'],
    ['never settles', { reply: ({ type }) => (type === 'start' ? new Promise(() => {}) : undefined) }, 'transport-timeout', 'did not answer', 120_000],
  ]

  test.each(failing)('T2 F34 that %s ends in error: said, saved, cleaned up, with no timer left', async (_, options, code, words, ms = 0) => {
    const { store, clock, heard, disk } = createScene(options)
    const starting = store.start(project, { provider: 'claude', prompt: 'Hello' })
    await clock.advance(ms)
    const result = await starting
    const session = must(store.getSession(project))
    expect(result).toMatchObject({ ok: false, code, sessionId: session.sessionId })
    expect(session).toMatchObject({ status: 'error', live: false, endReason: 'error' })
    expect(session.error).toContain(words)
    expect(session.lastMessage?.delivery).toBe('failed')
    expect(heard.notifications).toEqual([
      { variant: 'error', message: `Agent error on ${project}: ${session.error}`, sessionId: session.sessionId, projectId: project },
    ])
    await clock.settle()
    expect(await disk.loadSession(session.sessionId)).toMatchObject({ status: 'error', error: session.error })
    await clock.advance(60_000)
    expect(store.hasSession(project)).toBe(false)
    await clock.advance(60 * 60_000)
    expect(heard.notifications).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  test('T2 a start that threw tells its cause by the error event', async () => {
    const cause = new Error('broken pipe')
    const { store, heard } = createScene({ reply: () => Promise.reject(cause) })
    await store.start(project, { provider: 'claude', prompt: 'Hello' })
    expect(heard.errors).toMatchObject([{ code: 'transport-threw', cause }])
  })

  test('F34 a start that never settles is told to stop, and its late answer changes nothing', async () => {
    let accept = (): void => {}
    const { store, clock, commands } = createScene({
      reply: ({ type }) => (type === 'start' ? new Promise((resolve) => (accept = () => resolve({ ok: true }))) : undefined),
    })
    const starting = store.start(project, { provider: 'claude', prompt: 'Hello' })
    await clock.advance(120_000)
    await starting
    expect(commands('stop')).toHaveLength(1)
    accept()
    await clock.settle()
    expect(store.getSession(project)).toMatchObject({ status: 'error', live: false })
  })

  test('F34 has not failed a moment before its time limit', async () => {
    const { store, clock } = createScene({ ...neverAnswer('start'), limits: { startTimeoutMs: 5_000 } })
    void store.start(project, { provider: 'claude', prompt: 'Hello' })
    await clock.advance(4_999)
    expect(store.getSession(project)?.status).toBe('running')
    await clock.advance(1)
    expect(store.getSession(project)?.status).toBe('error')
  })
})

describe('the defaults of a start', () => {
  const settings = {
    permission_mode: 'plan',
    system_prompt_template: 'Be kind.',
    default_cwd: '/home',
    provider_settings: JSON.stringify({ claude: { defaultModel: 'opus' }, codex: { defaultModel: 'o1' } }),
  }

  test('B8 come from the settings', async () => {
    const { command, warnings } = await startedWith({ settings: settingsOf(settings) })
    expect(command).toMatchObject({ permissionMode: 'plan', systemPrompt: 'Be kind.', cwd: '/home', model: 'opus' })
    expect(warnings).toEqual([])
  })

  test('B8 give way to what the caller says', async () => {
    const given = { permissionMode: 'auto', systemPrompt: 'Mine', cwd: '/here', model: 'sonnet' }
    const { command } = await startedWith({ settings: settingsOf(settings) }, given)
    expect(command).toMatchObject(given)
  })

  test('B8 are not hidden by a field that is there but undefined', async () => {
    const request: Partial<StartRequest> = { maxTurns: 3 }
    Object.assign(request, { cwd: undefined, model: undefined })
    const { command } = await startedWith({ settings: settingsOf(settings) }, request)
    expect(command).toMatchObject({ cwd: '/home', model: 'opus' })
  })

  test('B8 the model is that of the provider, and shows on the session', async () => {
    const { start, commands } = createScene({ settings: settingsOf(settings) })
    const session = await start({ provider: 'codex' })
    expect(session.model).toBe('o1')
    expect(commands('start')[0]?.model).toBe('o1')
  })

  test('B8 a model that nobody named is not sent, and reads "" until the agent says', async () => {
    const { start, agent, commands } = createScene()
    const session = await start()
    expect(session.model).toBe('')
    expect(commands('start')[0]).not.toHaveProperty('model')
    agent(session).message('init', { model: 'haiku' }, 'i')
    expect(session.model).toBe('haiku')
  })

  test('B8 empty settings are no defaults', async () => {
    const { command } = await startedWith({ settings: settingsOf({ permission_mode: '', system_prompt_template: '', default_cwd: '', provider_settings: '{"claude":{"defaultModel":""}}' }) })
    for (const name of ['permissionMode', 'systemPrompt', 'cwd', 'model']) expect(command).not.toHaveProperty(name)
  })

  const bad: [string, SettingsSource, string[]][] = [
    ['reject', { getAll: () => Promise.reject(new Error('locked')) }, ['settings-failed']],
    [
      'throw',
      {
        getAll: () => {
          throw new Error('locked')
        },
      },
      ['settings-failed'],
    ],
    ['never answer', { getAll: () => new Promise(() => {}) }, ['settings-failed']],
    ['are null', { getAll: async () => JSON.parse('null') }, ['settings-invalid']],
    ['are a list', { getAll: async () => JSON.parse('[]') }, ['settings-invalid']],
    ['are text', { getAll: async () => JSON.parse('"x"') }, ['settings-invalid']],
    ['hold a number for a text', { getAll: async () => JSON.parse('{"default_cwd":5}') }, ['settings-invalid']],
    ...['not json', '[]', 'null', '5', '"x"', '{"claude":5}', '{"claude":null}', '{"claude":[]}', '{"claude":{"defaultModel":5}}'].map(
      (json): [string, SettingsSource, string[]] => [`hold provider_settings ${json}`, settingsOf({ provider_settings: json }), ['settings-invalid']],
    ),
  ]

  test.each(bad)('B8 T21 settings that %s are passed over with a warning', async (_, source, codes) => {
    const { command, warnings } = await startedWith({ settings: source })
    expect(warnings).toEqual(codes)
    for (const name of ['permissionMode', 'systemPrompt', 'cwd', 'model']) expect(command).not.toHaveProperty(name)
  })

  test.each(['{}', '{"codex":{"defaultModel":"o1"}}', '{"claude":{}}'])('B8 provider_settings %s name no model, and that is no fault', async (json) => {
    const { command, warnings } = await startedWith({ settings: settingsOf({ provider_settings: json, default_cwd: '/home' }) })
    expect(command).not.toHaveProperty('model')
    expect(command.cwd).toBe('/home')
    expect(warnings).toEqual([])
  })

  test.each([
    ['not json', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{"claude":5}', '"claude" is not an object'],
    ['{"claude":{"defaultModel":5}}', 'is not text'],
  ])('B8 T21 the warning says what is wrong with provider_settings %s', async (json, why) => {
    const { start, heard } = createScene({ settings: settingsOf({ provider_settings: json }) })
    await start()
    expect(heard.warnings[0]?.message).toContain(why)
  })

  test('B8 one bad setting leaves the others in force', async () => {
    const { command } = await startedWith({ settings: settingsOf({ provider_settings: 'not json', default_cwd: '/home' }) })
    expect(command.cwd).toBe('/home')
  })

  test('B8 settings that never answer hold a start up for settingsTimeoutMs, no longer', async () => {
    const { store, clock, commands } = createScene({ settings: { getAll: () => new Promise(() => {}) }, limits: { settingsTimeoutMs: 500 } })
    void store.start(project, { provider: 'claude', prompt: 'Hello' })
    await clock.advance(499)
    expect(commands('start')).toEqual([])
    await clock.advance(1)
    expect(commands('start')).toHaveLength(1)
  })

  test.each(['__proto__', 'constructor', 'toString'])('B8 a provider named %s finds no model in a prototype', async (provider) => {
    const { command, warnings } = await startedWith({ settings: settingsOf({ provider_settings: '{}' }) }, { provider })
    expect(command).not.toHaveProperty('model')
    expect(warnings).toEqual([])
  })

  test('a warning about the settings names the session it is about', async () => {
    const { start, heard } = createScene({ settings: settingsOf({ provider_settings: '[]' }) })
    const { sessionId } = await start()
    expect(heard.warnings).toMatchObject([{ sessionId, projectId: project, detail: '[]' }])
  })
})

describe('the environment of the agent', () => {
  test('B24 variables that change providers or loaders are refused with a warning, the rest pass', async () => {
    const { start, commands, heard } = createScene()
    await start({ extraEnv: { LANG: 'de', CLAUDE_KEY: 'x', LD_PRELOAD: 'x', PATH: 'x', MY_PATH: '/y' } })
    expect(commands('start')[0]?.extraEnv).toEqual({ LANG: 'de', MY_PATH: '/y' })
    expect(heard.warnings).toMatchObject([{ code: 'environment-refused', detail: ['CLAUDE_KEY', 'LD_PRELOAD', 'PATH'] }])
  })

  test('B24 none left means none sent', async () => {
    const { start, commands } = createScene()
    await start({ extraEnv: { OLLAMA_HOST: 'x' } })
    expect(commands('start')[0]).not.toHaveProperty('extraEnv')
  })

  test('B24 a policy of one\'s own decides instead', async () => {
    const { start, commands } = createScene({ envPolicy: (name, value) => name === 'CODEX_HOME' && value === 'ok' })
    await start({ extraEnv: { CODEX_HOME: 'ok', LANG: 'de' } })
    expect(commands('start')[0]?.extraEnv).toEqual({ CODEX_HOME: 'ok' })
  })

  test('a follow-up gets the same environment, and none of it is ever stored', async () => {
    const { start, store, agent, commands, disk, storage } = createScene()
    const session = await start({ extraEnv: { TOKEN: 's3cret' } })
    agent(session).status('done')
    await session.prompt('go on')
    expect(commands('prompt')[0]?.session.extraEnv).toEqual({ TOKEN: 's3cret' })
    await store.flush()
    expect(JSON.stringify(storage.commits)).not.toContain('s3cret')
    expect(JSON.stringify(store.snapshot())).not.toContain('s3cret')
    expect(await disk.loadSession(session.sessionId)).not.toHaveProperty('options.extraEnv')
  })
})

describe('stores', () => {
  test('T18 share nothing', async () => {
    const [one, two] = [createScene(), createScene()]
    const session = await one.start()
    expect(two.store.hasSession(project)).toBe(false)
    expect(two.store.findSession(session.sessionId)).toBeUndefined()
    expect(await two.store.listSessions()).toEqual([])
    expect(two.heard.changes).toEqual([])
  })

  test('T18 arm nothing and write nothing before the first session', async () => {
    const { clock, storage, transport } = createScene()
    await clock.advance(3_600_000)
    expect(clock.pending).toBe(0)
    expect(storage.commits).toEqual([])
    expect(transport.commands).toEqual([])
  })

  test('only a transport is required', async () => {
    const store = createAgentStore({ transport: createScriptedTransport() })
    const started = await store.start(project, { provider: 'claude', prompt: 'x' })
    expect(started.ok).toBe(true)
    await store.flush()
    expect(await store.listSessions()).toHaveLength(1)
    await store.dispose()
  })

})
