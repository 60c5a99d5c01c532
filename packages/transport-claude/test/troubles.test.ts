import { tmpdir } from 'node:os'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { type Kind, kinds, type Phase, phases, playTrouble } from '../../../test/transports/troubles.ts'
import { createClaudeTransport } from '../src/index.ts'
import { FakeClaude, type FakeTurn } from './fake-claude.ts'

/** A program that has its trouble in a phase of its first prompt, and is well from then on. */
function troubledClaude(kind: Kind, phase: Phase): { readonly sdk: FakeClaude; hasHappened(): boolean } {
  let hasHappened = false
  let isSilent = false
  const at = (name: Phase, { process }: FakeTurn): boolean => {
    if (isSilent || name !== phase || hasHappened) return isSilent
    hasHappened = true
    isSilent = true
    if (kind === 'dies') process.end(new Error('Claude Code process terminated by signal SIGKILL'))
    return true
  }
  const sdk = new FakeClaude(async (turn) => {
    if (hasHappened) {
      isSilent = false
      sdk.isMute = false
      turn.text('Hello.')
      return turn.result()
    }
    turn.process.ignoresInterrupts = true
    void turn.interrupted.then(() => at('stop', turn))
    if (at('prompt', turn)) return
    turn.text('I look')
    if (at('text', turn)) return
    turn.say({ type: 'assistant', message: { id: 'msg_0123456789abcdef', content: [{ type: 'tool_use', id: 'toolu_0123456789abcdef', name: 'Look', input: {} }] } })
    if (at('tool', turn)) return
    const asked = turn.ask('Look', {}, { toolUseID: 'toolu_0123456789abcdef' })
    if (at('question', turn)) return
    // It hears of the stop, and says nothing of it.
    if (phase === 'stop') turn.process.ignoresInterrupts = false
    await asked
    if (at('answer', turn)) return
    turn.text('Hello.')
    turn.result()
  })
  if (phase === 'greeting') {
    hasHappened = true
    if (kind === 'dies') sdk.isBroken = true
    else sdk.isMute = true
  }
  return { sdk, hasHappened: () => hasHappened }
}

describe('F16 a Claude', () => {
  // It opens its session with its first prompt.
  const ofClaude = phases.filter((phase) => phase !== 'opening')
  it.each(kinds.flatMap((kind) => ofClaude.map((phase) => [kind, phase] as const)))('that %s in its phase %s: the run ends, nothing stays open, the next prompt is answered', async (kind, phase) => {
    const clock = createManualClock()
    const { sdk, hasHappened } = troubledClaude(kind, phase)
    const transport = createClaudeTransport({ sdk, clock, env: {}, handshakeMs: 5_000, killAfterMs: 2_000 })
    if (phase === 'greeting') {
      // Only its first process is in trouble.
      const query = sdk.query.bind(sdk)
      sdk.query = (parameters) => {
        if (sdk.started.length > 0) Object.assign(sdk, { isBroken: false, isMute: false })
        return query(parameters)
      }
    }
    expect(await playTrouble({ transport, clock, provider: 'claude', cwd: tmpdir(), hasHappened }, kind, phase)).toMatchSnapshot()
    expect([hasHappened(), clock.pending, sdk.live.size]).toEqual([true, 0, 0])
  })
})
