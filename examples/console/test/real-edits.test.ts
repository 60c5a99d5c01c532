// What real agents said when they changed files, recorded, as the console shows it.

import type { SessionMessage } from '@agent-session/core'
import { playStream } from '@agent-session/core/conformance'
import { expect, test } from 'vitest'
import { recorded as acp } from '../../../packages/transport-acp/test/recorded-fold.ts'
import { readStream as readAcp, recordedStreams as acpStreams } from '../../../packages/transport-acp/test/recorded-stream.ts'
import { readStream as readClaude, recordedStream as claude, recordedStreams as claudeStreams } from '../../../packages/transport-claude/test/recorded-stream.ts'
import { recorded as codex, recordedStreams as codexStreams } from '../../../packages/transport-codex/test/recorded-stream.ts'
import { diffLines } from '../src/page/conversation/diff-lines.ts'
import { parsedArguments, toolArguments } from '../src/page/conversation/tool-arguments.ts'

const plays = new Map([
  ...acpStreams.map((name) => [name, () => playStream(acp(readAcp(name)))] as const),
  ...claudeStreams.map((name) => [name, () => playStream(claude(readClaude(name)))] as const),
  ...codexStreams.map((name) => [name, () => playStream(codex(name))] as const),
])

const marks = (text: string): readonly string[] => (diffLines(text) ?? []).filter(({ kind }) => kind === 'added' || kind === 'removed').map(({ text: line }) => line)

/** All that a card shows as changed: by what was asked for, else by what was done. */
function changesOf(call: SessionMessage, messages: readonly SessionMessage[]): readonly string[] {
  const done = messages.find(({ role, toolCallId }) => role === 'tool-result' && toolCallId === call.toolCallId)
  const told = marks(done?.content ?? '')
  return told.length > 0 ? told : parsedArguments(call.toolInput).flatMap(({ text }) => marks(text))
}

const edits = /^(?:edit|write|file_change|apply_patch)$/i

test.each([
  ['acp-claude/happy', [['+hello', '+world'], ['-world', '+demo']]],
  ['acp-codex/happy', [['+hello', '+world'], ['-world', '+demo']]],
  ['acp-opencode/happy', [['+hello', '+world'], ['-world', '+demo']]],
  ['acp-example/happy', [['-alpha', '+omega']]],
  ['claude/happy', [['+hello', '+world'], ['-world', '+demo']]],
  ['claude/happy-partial', [['+hello', '+world'], ['-world', '+demo']]],
  ['claude-wire/happy', [['+hello', '+world'], ['-world', '+demo']]],
  ['codex-app-server/happy', [['+hello', '+world'], ['-world', '+demo']]],
  // What `codex exec` tells of a change has its file alone.
  ['codex-exec/happy', [[], []]],
])('the changes of files in %s are diffs', async (name, expected) => {
  const { session } = (await plays.get(name)?.()) ?? {}
  const messages = session?.messages ?? []
  const calls = messages.filter(({ role, toolName }) => role === 'tool-call' && edits.test(toolName ?? ''))
  expect(calls.map((call) => changesOf(call, messages))).toEqual(expected)
})

test('of all recordings a question about a change shows it as a diff, and what was refused too', async () => {
  let asked = 0
  for (const [name, play] of plays) {
    const { session } = await play()
    for (const { title, input } of session.permissions) {
      if (!/greeting|a\.txt/.test(title) && !/Edit|Write/.test(title)) continue
      asked += 1
      expect([name, title, toolArguments(input).flatMap(({ text }) => marks(text)).length > 0]).toEqual([name, title, true])
    }
  }
  expect(asked).toBeGreaterThan(5)
})
