import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'

test('the defaults', () => {
  expect(parseSettings([], {}, '/tmp')).toEqual({
    sandboxFolder: expect.stringMatching(/agent-session-example-.+/),
    sandboxIsDefault: true,
    paceMs: 40,
    runLimitMs: 60_000,
  })
})

test('the option is stronger than the environment', () => {
  const env = { EXAMPLE_AGENT_SANDBOX: '/from-env', EXAMPLE_AGENT_PACE_MS: '0', EXAMPLE_AGENT_RUN_LIMIT_MS: '1000' }
  expect(parseSettings([], env, '/tmp')).toMatchObject({ sandboxFolder: '/from-env', paceMs: 0, runLimitMs: 1000 })
  expect(parseSettings(['--sandbox', '/x'], env, '/tmp')).toMatchObject({ sandboxFolder: '/x' })
  expect(parseSettings(['--sandbox=/x'], env, '/tmp')).toMatchObject({ sandboxFolder: '/x', sandboxIsDefault: false })
})

test.each([
  [['--sandbox'], {}, 'needs the name'],
  [['--sandbox='], {}, 'needs the name'],
  [['--fast'], {}, 'unknown argument "--fast"'],
  [[], { EXAMPLE_AGENT_PACE_MS: 'slow' }, 'EXAMPLE_AGENT_PACE_MS must be a number'],
  [[], { EXAMPLE_AGENT_PACE_MS: '-1' }, 'EXAMPLE_AGENT_PACE_MS must be a number'],
])('%j with %j is refused', (args, env, text) => {
  expect(() => parseSettings(args, env, '/tmp')).toThrow(text)
})
