import type { CommitBatch, MessageRecord } from '../ports/session-storage.ts'
import type { SessionRecord } from '../session/session-record.ts'

/** A session with no optional field. */
export function sessionWith(fields: Partial<SessionRecord> = {}): SessionRecord {
  return {
    sessionId: 's1',
    projectId: 'p1',
    provider: 'claude',
    status: 'idle',
    costUsd: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedInputTokens: 0,
    usageBeforeRun: { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
    model: '',
    modes: [],
    models: [],
    commands: [],
    plan: [],
    permissions: [],
    queue: [],
    options: {},
    turns: 0,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    lastSeqId: 0,
    ...fields,
  }
}

/** A session with every optional field, and with every optional field of what it holds. */
export const fullSession: Required<SessionRecord> = {
  sessionId: 's-full',
  projectId: 'p1',
  provider: 'codex',
  status: 'running',
  costUsd: 0.1 + 0.2,
  inputTokens: 12_345,
  outputTokens: Number.MAX_SAFE_INTEGER,
  cachedInputTokens: 7,
  usageBeforeRun: { costUsd: 1e-7, inputTokens: 1, outputTokens: 2, cachedInputTokens: 3 },
  contextUsed: 0,
  contextSize: 200_000,
  model: 'some-model "quoted"',
  error: '',
  endReason: 'a word of the agent',
  title: 'Títle with\nline, tab\t, \u0000 and 🦉',
  renamed: true,
  forkedFrom: 'the session before',
  agentSessionId: 'agent/1',
  mode: 'plan',
  modes: [
    { id: 'plan', label: 'Plan', description: 'thinks first' },
    { id: 'ask', label: 'Ask' },
  ],
  models: [{ id: 'm', label: 'M' }],
  commands: [{ name: 'compact', description: 'makes room', hint: 'what to keep' }, { name: 'clear' }],
  plan: [
    { content: 'look', status: 'completed', priority: 'high' },
    { content: 'leap', status: 'in_progress' },
  ],
  permissions: [
    {
      id: 'q1',
      title: 'Run `rm -rf build`?',
      state: 'selected',
      toolCallId: 'call-1',
      parentId: 'call-0',
      input: { command: 'rm', args: ['-rf', 'build'], nested: { deep: [1, 2.5, null, true, { text: '"\\' }] }, none: null },
      options: [
        { id: 'yes', label: 'Allow', kind: 'allow_once' },
        { id: 'no', label: 'Reject', kind: 'reject_always' },
      ],
      optionId: 'yes',
      run: 'run-1',
      askedAt: 1_700_000_000_001,
    },
    { id: 'q2', title: 'And now?', state: 'pending', options: [], askedAt: 1_700_000_000_002 },
  ],
  budget: { costUsd: 1.5, tokens: 1_000, turns: 3, warnAt: 0.5 },
  limits: { stallMs: 60_000, saveDelayMs: 0.5 },
  turns: 2,
  continuity: 'gapped',
  queue: [
    { messageId: 'm9', prompt: 'later', queuedAt: 1_700_000_000_003 },
    {
      messageId: 'm10',
      prompt: [
        { type: 'text', text: 'see' },
        { type: 'image', mimeType: 'image/png', data: 'AAAA', name: 'a.png' },
        { type: 'file', uri: 'file:///a%20b', name: 'a b', mimeType: 'text/plain', text: 'x' },
      ],
      queuedAt: 1_700_000_000_004,
    },
  ],
  run: 'run-1',
  options: {
    cwd: '/tmp/it\'s "here"',
    model: 'm',
    systemPrompt: 'Be brief.',
    maxTurns: 3,
    permissionMode: 'default',
    claudeConfigDir: '/c',
    additionalDirectories: ['/a', '/b'],
    worktreeName: 'w',
    agentSessionId: 'agent/1',
  },
  pinned: true,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_005,
  lastSeqId: 42,
  asked: { epoch: 'host-1', seq: 12 },
  open: [7, 42],
}

/** A message with no optional field, whose id goes with its place unless told otherwise. */
export function messageWith(seqId: number, fields: Partial<MessageRecord> = {}): MessageRecord {
  return {
    id: `m${seqId}`,
    seqId,
    role: 'assistant',
    content: `message ${seqId}`,
    timestamp: 1_700_000_000_000 + seqId,
    ...fields,
  }
}

/** A message with every optional field. */
export const fullMessage: Required<MessageRecord> = {
  id: 'm-full',
  seqId: 3,
  role: 'tool-call',
  content: 'líne 1\r\nline 2\u0000\u001b[31m 🦉 \ud83d\udc69\u200d\ud83d\udc69 \u202e',
  prompt: [
    { type: 'text', text: 'see \ud83e' },
    { type: 'image', mimeType: 'image/png', data: 'AAAA', name: 'a.png' },
    { type: 'file', uri: 'file:///a%20b', name: 'a b', mimeType: 'text/plain', text: 'x\u0000' },
  ],
  toolName: 'Bash',
  toolInput: '{"command":"ls \\"a b\\""}',
  toolPath: '/a/b c',
  toolCallId: 'call-1',
  toolState: 'cancelled',
  parentId: 'call-0',
  delivery: 'failed',
  streaming: true,
  cut: true,
  isError: true,
  truncated: { characters: 123_456_789_012, lines: 0 },
  run: 'run-1',
  timestamp: 1_700_000_000_003.5,
}

/** Messages with the seqIds from one to the other, both included. */
export const messagesFrom = (first: number, last: number): MessageRecord[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => messageWith(first + index))

/** A batch for one session, whose `lastSeqId` is that of its last message unless told otherwise. */
export function batchOf(
  session: Partial<SessionRecord>,
  upsert: readonly MessageRecord[] = [],
  rest: Partial<Omit<CommitBatch, 'session' | 'upsert'>> = {},
): CommitBatch {
  return { session: sessionWith({ lastSeqId: upsert.at(-1)?.seqId ?? 0, ...session }), upsert, remove: [], ...rest }
}

/**
 * A message that looks like any other until its content is read: whatever a storage does with it, it cannot be stored.
 * It stands for all that fails in the middle of a batch.
 */
export function unstorableMessage(seqId: number): MessageRecord {
  return Object.defineProperty(messageWith(seqId), 'content', {
    enumerable: true,
    get() {
      throw new Error('this message cannot be stored')
    },
  })
}

/** As `unstorableMessage`, in the record of the session. */
export function unstorableSession(fields: Partial<SessionRecord> = {}): SessionRecord {
  return Object.defineProperty(sessionWith(fields), 'model', {
    enumerable: true,
    get() {
      throw new Error('this session cannot be stored')
    },
  })
}
