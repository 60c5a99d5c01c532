import type { TransportScene } from '@agent-session/core/conformance'
import { createManualClock, createScriptedTransport, type ScriptedTransport, type ScriptedTurn } from '@agent-session/core/testing'

/** A transport of ours with an agent that plays a scene, to be put behind the wire. */
export function scriptedAgents(scene: TransportScene): ScriptedTransport {
  const clock = createManualClock()
  const turns = new Map<string, number>()
  const transport = createScriptedTransport({
    clock,
    script: (turn) => play(turn, nextOf(turns, turn.sessionId)),
    reply(command) {
      if (scene === 'refuses') return { ok: false, code: 'agent-not-found', error: 'The agent is not there. Install it.' }
      if (scene !== 'talks-late' || command.type !== 'stop') return undefined
      const { sessionId, run } = command
      queueMicrotask(() => {
        const late = { id: `${run}-late`, type: 'text', content: { text: 'one more thing' }, timestamp: 1 }
        transport.emit({ type: 'message', sessionId, run, messages: [late] })
        transport.emit({ type: 'status', sessionId, run, status: 'done', reason: 'stopped' })
      })
      return undefined
    },
  })

  async function play(turn: ScriptedTurn, count: number): Promise<void> {
    turn.emit({ type: 'session', agentSessionId: `agent-${turn.sessionId}`, model: 'demo' })
    const again = count > 1 && (scene === 'dies' || scene === 'talks-late')
    switch (again ? 'answers' : scene) {
      case 'hangs':
      case 'talks-late':
        turn.emit({ type: 'delta', id: `${turn.run}-text`, kind: 'text', text: 'Hello.', offset: 0 })
        await turn.wait(1e9)
        return
      case 'fails':
        return turn.fail('The model is overloaded')
      case 'dies':
        await turn.stream('Hello.')
        return turn.fail('The agent ended with exit code 3')
      case 'uses-a-tool':
        turn.tool('Read', { file_path: 'a.txt' }).result('one')
        break
      case 'speaks-unknown':
        turn.message('unknown', { update: 'quantum' })
    }
    await turn.stream('Hello.', { pieces: ['Hel', 'lo.'] })
    turn.cost({ costUsd: 0.01, inputTokens: 10, outputTokens: 2 })
  }

  return transport
}

function nextOf(turns: Map<string, number>, sessionId: string): number {
  const next = (turns.get(sessionId) ?? 0) + 1
  turns.set(sessionId, next)
  return next
}
