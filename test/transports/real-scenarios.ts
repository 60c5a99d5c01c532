import assert from 'node:assert/strict'
import type { AgentSession, AgentTransport, StartRequest } from '@agent-session/core'
import type { RealRig } from './real-rig.ts'

/** A picture of one dot. */
export const dot = { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==' } as const

const lastWords = ({ messages }: AgentSession): string | undefined => messages.findLast(({ role }) => role === 'assistant')?.content

/** Two sessions, each of which is told something and says what its own model says. */
export async function playTwoAtOnce(rig: RealRig<AgentTransport>, prompts: readonly [first: string, second: string], answers: readonly [first: string, second: string], more: Partial<StartRequest> = {}): Promise<void> {
  const sessions = await Promise.all(prompts.map((prompt, index) => rig.start(prompt, more, index === 0 ? 'project' : 'other')))
  await Promise.all(sessions.map((session) => rig.ended(session)))
  assert.deepEqual(sessions.map(lastWords), answers)
  assert.deepEqual(sessions.map(({ messages }) => messages.filter(({ role }) => role === 'user').map(({ content }) => content)), prompts.map((prompt) => [prompt]))
  assert.notEqual(sessions[0]?.agentSessionId, sessions[1]?.agentSessionId)
}

/** What prints more than anybody reads: `seq 1 20000`. */
export const printsMuch = 'seq 1 20000'

/** Its output is cut, and says so; some programs keep the rest, or the beginning, in a file of their own. */
export function expectMuch({ messages }: AgentSession): void {
  const result = messages.find(({ role }) => role === 'tool-result')
  assert.ok(result, 'there is no result')
  assert.match(result.content, /^(?:.*\n){0,3}1\n2\n3\n|truncated/)
  assert.ok(result.content.length < 70_000, `${result.content.length} characters are shown`)
  assert.ok(result.truncated !== undefined || /truncated|omitted|whole output|more lines/i.test(result.content), 'nothing says that it was cut')
}
