import type { HistoryEvent, RawMessage } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { field, textField } from '../src/fold/unknown-data.ts'
import { type PlayedSession, playSession, shown } from './played-session.ts'
import { foldLine, promptOf, readStream, recordedStreams } from './recorded-stream.ts'

const promptsIn = (lines: readonly unknown[]): number => lines.filter((line) => promptOf(line) !== undefined).length

/** Streams of nothing but a session that is opened, listed or closed: no run comes of them. */
const withPrompt = recordedStreams.filter((name) => promptsIn(readStream(name)) > 0)
const loads = (name: string): boolean => /session-(load|fork)$/.test(name)
const sampled = 12

/** What holds for every session, however its agent behaved. */
function expectSound({ session }: PlayedSession): void {
  const { messages } = session
  const seqIds = messages.map(({ seqId }) => seqId)
  expect(seqIds).toEqual([...new Set(seqIds)].sort((a, b) => a - b))
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  const calls = messages.filter(({ role }) => role === 'tool-call')
  const byId = new Map(calls.map((call) => [call.toolCallId, call]))
  expect(byId.size).toBe(calls.length)
  for (const { role, toolCallId, seqId } of messages) {
    if (role === 'tool-result') expect(byId.get(toolCallId)?.seqId).toBeLessThan(seqId)
  }
  if (session.live) return
  expect(messages.filter((message) => message.streaming || message.toolState === 'running')).toEqual([])
  expect(session.permissions.filter((asked) => asked.state === 'pending' || asked.state === 'answering')).toEqual([])
}

/** How a run must have ended, by its agent and scenario. */
function endOf(name: string): Record<string, unknown> {
  const [agent = '', scenario = ''] = name.split('/')
  if (/^cancel-(tool|permission)|stuck-on-permission|permission-escalated-deny/.test(scenario)) return { status: 'done', endReason: 'stopped' }
  // It goes on trying, so the recorder stopped it.
  if (agent === 'acp-opencode' && /^error-(500|cut)/.test(scenario)) return { status: 'done', endReason: 'stopped' }
  if (/^error-(?!cut)/.test(scenario) || name === 'acp-codex/error-cut-midstream') return { status: 'error', endReason: 'error' }
  return { status: 'done', endReason: 'completed' }
}

describe('recorded streams', () => {
  it('are all there', () => {
    expect(recordedStreams.length).toBeGreaterThan(70)
  })

  it.each(withPrompt.filter((name) => !loads(name)))('%s', async (name) => {
    const lines = readStream(name)
    const played = await playSession(lines)
    const { session, reports } = played
    expectSound(played)
    expect(session).toMatchObject({ live: false, ...endOf(name) })
    expect(session.messages.filter(({ role }) => role === 'user').length).toBe(promptsIn(lines))
    if (session.status === 'error') {
      expect(session.error).toBeTruthy()
      expect(session.messages.filter(({ role, content }) => role === 'assistant' && session.error?.includes(content.trim()))).toEqual([])
    }
    // OpenCode asks to write files although it was told that it cannot: that is all that any of them sends unknown.
    const strange = reports.map(({ code, detail }) => [code, textField(field(detail, 'content'), 'method')])
    expect(strange.filter(([code, method]) => code !== 'unknown-message' || method !== 'fs/write_text_file')).toEqual([])
    await expect(shown(played)).toMatchFileSnapshot(`./recorded-streams/${name.replace('/', '-')}.txt`)
  })

  it.each(recordedStreams)('%s, cut after any line', async (name) => {
    const lines = readStream(name)
    for (let length = 0; length <= lines.length; length += Math.max(1, Math.floor(lines.length / sampled))) {
      expectSound(await playSession(lines.slice(0, length)))
    }
  })

  it.each(withPrompt)('%s, with every line doubled', async (name) => {
    const lines = readStream(name)
    const once = await playSession(lines)
    const twice = await playSession(lines.flatMap((line) => (promptOf(line) === undefined ? [line, line] : [line])))
    expectSound(twice)
    const of = ({ session }: PlayedSession) => ({
      status: session.status,
      endReason: session.endReason,
      cost: [session.costUsd, session.inputTokens, session.outputTokens],
      tools: session.messages.filter(({ role }) => role === 'tool-call' || role === 'tool-result').map(({ id }) => id.replace(/^id-\d+/, '')),
    })
    expect(of(twice)).toEqual(of(once))
  })
})

describe('a session that is told again', () => {
  const historyOf = (name: string): readonly RawMessage[] => {
    const fold = new AcpFold('session')
    const events = readStream(name).flatMap((line) => foldLine(fold, line, 'run'))
    const found = events.find((event): event is HistoryEvent => event.type === 'history')
    return found?.messages ?? []
  }

  it.each(['acp-claude', 'acp-codex'])('has the ids and the words that it had live: %s', async (agent) => {
    const { session } = await playSession(readStream(`${agent}/happy`))
    const told = historyOf(`${agent}/session-load`)
    expect(told.map(({ id }) => id).slice(1)).toEqual(session.messages.map(({ id }) => id).slice(1))
    const words = session.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
    expect(told.filter(({ type }) => type === 'text').map(({ content }) => textField(content, 'text'))).toEqual(words)
  })

  it.each(['acp-opencode/session-fork', 'acp-claude/session-load', 'acp-codex/session-load'])('%s', async (name) => {
    const lines = historyOf(name).map(({ type, id, content }) => `${type} ${id} ${JSON.stringify(content).slice(0, 200)}`)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`./recorded-streams/${name.replace('/', '-')}-history.txt`)
  })
})
