import { AgentSessionError } from '@agent-session/core'
import { expect, test } from 'vitest'
import { foreignInWords } from './foreign-in-words.ts'

const usable = { name: 'x', title: 'Agent X', usable: true } as const
const asked = { title: 'Agent X', provider: usable, found: undefined, failure: undefined, cwd: '/work' }

test.each([
  [{ provider: undefined }, 'quiet', 'Asking Agent X…'],
  [{}, 'quiet', 'Asking Agent X…'],
  [{ found: [] }, 'quiet', 'Agent X tells of no session in /work.'],
  [{ found: [{ agentSessionId: 'a' }] }, 'quiet', '1 session'],
  [{ found: [{ agentSessionId: 'a' }, { agentSessionId: 'b' }] }, 'quiet', '2 sessions'],
  [{ failure: new AgentSessionError('not-supported', 'no list') }, 'attention', 'Agent X cannot tell which sessions it remembers.'],
  [{ failure: new Error('It crashed.') }, 'bad', 'Agent X could not be asked: It crashed.'],
  [{ provider: { ...usable, usable: false, code: 'not-installed', message: 'it is not installed', install: 'npm i x' } as const }, 'attention', 'Agent X cannot be used here: it is not installed. To get it: npm i x'],
])('%o', (given, tone, text) => {
  expect(foreignInWords({ ...asked, ...given })).toEqual({ tone, text })
})
