import type { HistoryEvent, RawMessage } from '@agent-session/core'
import { type ExpectedEnd, playStream } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import { describe, expect, it } from 'vitest'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { testRecordings } from '../../../test/transports/checked-recordings.ts'
import { recorded } from './recorded-fold.ts'
import { foldLine, readStream, recordedStreams } from './recorded-stream.ts'

/** What was said before is told again: that is looked at on its own. */
const loads = (name: string): boolean => /session-(load|fork)$/.test(name)

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
  testRecordings({
    names: recordedStreams,
    count: 81,
    stream: (name) => recorded(readStream(name)),
    endOf,
    isShown: (name) => !loads(name),
    // OpenCode asks to write files although it was told that it cannot: that is all that any of them sends unknown.
    wrongReports: (_name, reports) => reports.filter(({ code, detail }) => code !== 'unknown-message' || textField(field(detail, 'content'), 'method') !== 'fs/write_text_file'),
    // Long enough streams are cut at some of their lines only.
    cuts: 40,
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
