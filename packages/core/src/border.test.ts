import { describe, expect, test } from 'vitest'
import { AgentSessionError, errorText } from './errors.ts'
import { defaultEnvPolicy, filterEnv } from './env-policy.ts'
import { defaultLimits, resolveLimits } from './limits.ts'
import { isSessionId, makeId } from './session-id.ts'
import { promptText } from './session/prompt.ts'

describe('B24 the environment', () => {
  test.each([
    'CLAUDE_CONFIG_DIR', 'CLAUDECODE', 'claude_x', 'CODEX_HOME', 'OLLAMA_HOST', 'ANTHROPIC_API_KEY', 'anthropic_base_url',
    'LD_PRELOAD', 'LD_LIBRARY_PATH', 'DYLD_INSERT_LIBRARIES', 'NODE_OPTIONS', 'NODE_PATH', 'BASH_ENV', 'PYTHONPATH', 'PYTHONSTARTUP', 'PYTHONHOME',
    'PATH', 'Path', 'ENV', 'IFS', 'PERL5LIB', 'PERL5OPT', 'RUBYOPT', 'JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'GIT_SSH_COMMAND', 'SSH_AUTH_SOCK', 'GCONV_PATH', 'LOCPATH', 'BUN_OPTIONS', 'DENO_DIR', 'npm_config_script_shell',
    'SHELL', 'SHELLOPTS', 'HOME', 'TMPDIR', 'PROMPT_COMMAND', 'PS4', 'CDPATH', 'ZDOTDIR', 'EDITOR', 'VISUAL', 'PAGER', 'CLASSPATH', 'COMSPEC', 'PATHEXT',
  ])('refuses %s', (name) => {
    expect(defaultEnvPolicy(name, 'x')).toBe(false)
  })

  test.each(['LANG', 'TZ', 'MY_CLAUDE', 'XCODEX', 'ANTHROPICS', 'GOPATH', 'MY_PATH', 'PATHS', 'FOO_LD_', 'CI', 'DEBUG', 'HTTP_PROXY', 'OPENAI_API_KEY'])('passes %s', (name) => {
    expect(defaultEnvPolicy(name, 'x')).toBe(true)
  })

  test('tells what passed and what did not; none left is none', () => {
    expect(filterEnv({ A: '1', PATH: 'x', B: '' }, defaultEnvPolicy)).toEqual({ env: { A: '1', B: '' }, refused: ['PATH'] })
    expect(filterEnv({ PATH: 'x' }, defaultEnvPolicy)).toEqual({ env: undefined, refused: ['PATH'] })
    expect(filterEnv({}, defaultEnvPolicy)).toEqual({ env: undefined, refused: [] })
    expect(filterEnv(undefined, defaultEnvPolicy)).toEqual({ env: undefined, refused: [] })
  })

  test.each(['', 'A=B', 'A B', '1A', 'ä', 'A\0', 'A-B', '__proto__'])('refuses what is no name of a variable, whatever the policy says: %j', (name) => {
    const given: Record<string, string> = JSON.parse(`{${JSON.stringify(name)}:"x"}`)
    expect(filterEnv(given, () => true)).toEqual({ env: undefined, refused: [name] })
  })

  test.each(['{"A":5}', '{"A":null}', '{"A":"x\\u0000y"}', '{"A":{}}'])('refuses a value that is no text: %s', (json) => {
    expect(filterEnv(JSON.parse(json), () => true)).toEqual({ env: undefined, refused: ['A'] })
  })
})

describe('the limits', () => {
  test('are the documented ones where nothing is said', () => {
    expect(resolveLimits()).toEqual(defaultLimits)
    expect(defaultLimits).toMatchObject({ stallMs: 900_000, cleanupMs: 60_000, saveDelayMs: 2_000, toolOutputLines: 500 })
  })

  test('can be set one by one', () => {
    expect(resolveLimits({ stallMs: 5, pageSize: 7 })).toEqual({ ...defaultLimits, stallMs: 5, pageSize: 7 })
  })

  test.each([0, -1, Number.NaN, Infinity, -Infinity])('refuse %s with a clear error', (value) => {
    expect(() => resolveLimits({ stallMs: value })).toThrow(/stallMs.*above 0/)
  })

  test.each(['"5"', 'null', 'true', '[]', '{}'])('refuse what is no number: %s', (json) => {
    expect(() => resolveLimits({ stallMs: JSON.parse(json) })).toThrow(expect.objectContaining({ code: 'invalid-limit' }))
  })

  test.each(['stallMS', 'toString', 'constructor', 'hasOwnProperty'])('refuse one that does not exist, and name those that do: %s', (name) => {
    expect(() => resolveLimits(JSON.parse(`{"${name}":5}`))).toThrow(/no limit named.*stallMs/)
  })
})

describe('T28 ids', () => {
  test.each(['a', 'project:1', 'x'.repeat(256), 'with space', '../x', 'ä🧪', '__proto__'])('%j is read', (id) => {
    expect(isSessionId(id)).toBe(true)
  })

  test.each(['', 'x'.repeat(257), 'a\u0000', 'a\nb', '\u001f', 'a\u007f', 5, null, undefined, {}, ['a']])('%j is none', (id) => {
    expect(isSessionId(id)).toBe(false)
  })

  test.each(['a', 'A-b_9', 'x'.repeat(128)])('%j can be made', (id) => {
    expect(makeId(() => id)).toBe(id)
  })

  test.each(['', 'x'.repeat(129), 'a b', 'a/b', 'a.b', 'ä', 'a\n'])('%j cannot be made', (id) => {
    expect(() => makeId(() => id)).toThrow(AgentSessionError)
  })
})

describe('errors', () => {
  test('carry a code, a text that names library and code, what they are about, and their cause', () => {
    const cause = new Error('underneath')
    const error = new AgentSessionError('storage-full', 'The disk is full.', { cause, sessionId: 's', projectId: 'p', detail: 5 })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'AgentSessionError', code: 'storage-full', message: 'The disk is full.', cause, sessionId: 's', projectId: 'p', detail: 5 })
  })

  test('say nothing of what they do not know', () => {
    const { cause, sessionId, projectId, detail } = new AgentSessionError('storage-full', 'x')
    expect([cause, sessionId, projectId, detail]).toEqual([undefined, undefined, undefined, undefined])
  })

  test('are known across two copies of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('@agent-session/error')]: true })
    expect(AgentSessionError.isInstance(foreign)).toBe(true)
    expect(AgentSessionError.isInstance(new AgentSessionError('storage-full', 'x'))).toBe(true)
    for (const other of [new Error('x'), null, undefined, 'x', {}]) expect(AgentSessionError.isInstance(other)).toBe(false)
  })

  test('can be told of a session, with everything else kept', () => {
    const error = new AgentSessionError('storage-full', 'Full.', { cause: 1, detail: 2 }).about('s', 'p')
    expect(error).toMatchObject({ code: 'storage-full', message: 'Full.', cause: 1, detail: 2, sessionId: 's', projectId: 'p' })
  })

  test('are made of whatever was thrown', () => {
    const own = new AgentSessionError('storage-full', 'x')
    expect(AgentSessionError.from('storage-failed', own)).toBe(own)
    expect(AgentSessionError.from('storage-failed', 'words')).toMatchObject({ code: 'storage-failed', cause: 'words', message: 'words' })
    expect([errorText(new Error('a')), errorText('b'), errorText(5), errorText(undefined), errorText(null)]).toEqual(['a', 'b', '5', 'undefined', 'null'])
  })

  test.each([Object.create(null), Symbol('x'), { toString: () => { throw new Error('gotcha') } }])('have words for what has none', (thrown) => {
    expect(typeof errorText(thrown)).toBe('string')
  })
})

describe('a prompt as text', () => {
  test('has a word for each part that is none', () => {
    expect(promptText('plain')).toBe('plain')
    expect(promptText([])).toBe('')
    expect(promptText([{ type: 'text', text: 'a' }, { type: 'image', mimeType: 'image/png', data: 'x' }, { type: 'file', uri: 'file:///b', name: 'b' }])).toBe('a\n[image]\n[file: b]')
  })
})
