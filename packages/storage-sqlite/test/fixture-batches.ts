import type { CommitBatch } from '@agent-session/core'
import { sampleBatch, sampleMessage, sampleSession } from '@agent-session/core/conformance'

/** What every fixture holds. It never changes: databases of old versions were made of it. */
export const fixtureBatches: readonly CommitBatch[] = [
  sampleBatch(
    { sessionId: 'plain', projectId: 'home', status: 'done', title: 'A plain one', lastSeqId: 3, updatedAt: 1_700_000_000_100 },
    [sampleMessage(1, { role: 'user', content: 'How are the pears?' }), sampleMessage(2, { content: 'Ripe.' }), sampleMessage(3, { content: 'And \ud83e half, with a \0 too.' })],
    { cursor: { epoch: 'e1', seq: 7 } },
  ),
  sampleBatch({ sessionId: 'running', projectId: 'home/2', status: 'running', run: 'r1', lastSeqId: 5, updatedAt: 1_700_000_000_200 }, [
    sampleMessage(1, { role: 'user', content: 'Look into it.', delivery: 'sent' }),
    sampleMessage(2, { role: 'tool-call', content: 'ls', toolName: 'Bash', toolInput: '{"command":"ls"}', toolCallId: 'c1', toolState: 'done', run: 'r1' }),
    sampleMessage(4, { role: 'tool-result', content: 'a\nb', toolCallId: 'c1', truncated: { characters: 99_999, lines: 2 } }),
    sampleMessage(5, { content: 'There is', streaming: true, run: 'r1' }),
  ]),
  {
    session: sampleSession({
      sessionId: 'full',
      projectId: 'home',
      permissions: [{ id: 'q', title: 'May I?', state: 'pending', input: { command: 'rm' }, options: [], askedAt: 1 }],
      queue: [{ messageId: 'm9', prompt: 'later', queuedAt: 2 }],
      options: { cwd: '/tmp', maxTurns: 3 },
      pinned: true,
      error: 'no luck',
      updatedAt: 1_700_000_000_000,
    }),
    upsert: [],
    remove: [],
  },
]
