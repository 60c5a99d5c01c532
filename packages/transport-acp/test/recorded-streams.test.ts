import type { HistoryEvent, RawMessage } from '@agent-session/core'
import { checkStream, type ExpectedEnd, playStream } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import { describe, expect, it } from 'vitest'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { shown } from '../../../test/transports/shown-session.ts'
import { recorded } from './recorded-fold.ts'
import { foldLine, promptOf, readStream, recordedStreams } from './recorded-stream.ts'

const promptsIn = (lines: readonly unknown[]): number => lines.filter((line) => promptOf(line) !== undefined).length

/** Streams of nothing but a session that is opened, listed or closed: no run comes of them. */
const withPrompt = recordedStreams.filter((name) => promptsIn(readStream(name)) > 0)
const loads = (name: string): boolean => /session-(load|fork)$/.test(name)
/** Long enough streams are cut at some of their lines only. */
const cuts = 40

/** How a run must have ended, by its agent and scenario. */
function endOf(name: string): ExpectedEnd {
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
    const played = await checkStream(recorded(lines), { end: endOf(name), cuts })
    const { reports } = played
    // OpenCode asks to write files although it was told that it cannot: that is all that any of them sends unknown.
    const strange = reports.map(({ code, detail }) => [code, textField(field(detail, 'content'), 'method')])
    expect(strange.filter(([code, method]) => code !== 'unknown-message' || method !== 'fs/write_text_file')).toEqual([])
    await expect(shown(played)).toMatchFileSnapshot(`./recorded-streams/${name.replace('/', '-')}.txt`)
  })

  it.each(recordedStreams.filter((name) => !withPrompt.includes(name) || loads(name)))('%s', async (name) => {
    await checkStream(recorded(readStream(name)), { cuts })
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
    const { session } = await playStream(recorded(readStream(`${agent}/happy`)))
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
