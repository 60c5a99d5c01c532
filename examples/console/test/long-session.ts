import path from 'node:path'
import type { MessageRecord, SessionRecord } from '@agent-session/core'
import { createSqliteStorage } from '@agent-session/storage-sqlite'

const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }
/** Of one commit: a whole history at once would be one long transaction. */
const batch = 5_000

/** Leaves a session of so many messages in a data folder, of all that an agent says and does in a day. */
export async function rememberLong(dataFolder: string, { id, messages, at }: { readonly id: string; readonly messages: number; readonly at: number }): Promise<void> {
  const storage = createSqliteStorage({ path: path.join(dataFolder, 'sessions.db') })
  for (let stored = 0; stored < messages; stored += batch) {
    const until = Math.min(messages, stored + batch)
    await storage.commit({
      session: record(id, until, at),
      upsert: Array.from({ length: until - stored }, (_, index) => longMessage(id, stored + index + 1, at)),
      remove: [],
    })
  }
  await storage.close()
}

const record = (sessionId: string, lastSeqId: number, at: number): SessionRecord => ({
  sessionId,
  projectId: 'playground',
  provider: 'example',
  status: 'done',
  endReason: 'completed',
  ...usage,
  turns: Math.ceil(lastSeqId / turn.length),
  usageBeforeRun: usage,
  model: '',
  title: `${lastSeqId} messages`,
  modes: [],
  models: [],
  commands: [],
  plan: [],
  permissions: [],
  queue: [],
  options: {},
  createdAt: at,
  updatedAt: at,
  lastSeqId,
})

const words = 'the parser reads a line at a time and keeps what it cannot use yet until more of it has come in from the pipe'.split(' ')
const sentence = (seed: number, length: number): string => Array.from({ length }, (_, index) => words[(seed * 7 + index * 3) % words.length]).join(' ')
const lines = (seed: number, count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}\t${sentence(seed + index, 8)}`).join('\n')

type Part = (number: number) => Pick<MessageRecord, 'role' | 'content'> & Partial<MessageRecord>

const call = (number: number, toolName: string, input: object, toolPath: string): ReturnType<Part> => ({
  role: 'tool-call',
  content: '',
  toolName,
  toolPath,
  toolInput: JSON.stringify(input),
  toolCallId: `call-${number}`,
  toolState: 'done',
})
const result = (number: number, content: string): ReturnType<Part> => ({ role: 'tool-result', content, toolCallId: `call-${number - 1}` })

/** What follows a prompt, again and again. */
const turn: readonly Part[] = [
  (number) => ({ role: 'user', content: `Message ${number}: ${sentence(number, 12)}?` }),
  (number) => ({ role: 'thinking', content: `Message ${number}. ${sentence(number, 60)}` }),
  (number) => ({ role: 'assistant', content: `Message ${number}. ${sentence(number, 10 + (number % 90))}.\n\n- **${sentence(number, 4)}**\n- \`${sentence(number + 1, 3)}\`\n\n${sentence(number, 30)}` }),
  (number) => call(number, 'Read', { file_path: `src/file-${number}.ts`, limit: 200 }, `src/file-${number}.ts`),
  (number) => result(number, `Message ${number}\n${lines(number, 20 + (number % 80))}`),
  (number) => call(number, 'Bash', { command: `grep -rn "message ${number}" .`, timeout: 5_000 }, `grep -rn "message ${number}" .`),
  (number) => result(number, `\u001B[32mMessage ${number}\u001B[0m\n${lines(number, 1 + (number % 5))}`),
  (number) => ({
    role: 'assistant',
    content: `## Message ${number}\n\n${sentence(number, 20)}:\n\n\`\`\`ts\n${Array.from({ length: 3 + (number % 12) }, (_, index) => `const line${index} = ${number + index}`).join('\n')}\n\`\`\`\n\n${sentence(number, 25 + (number % 40))}`,
  }),
]

/** The message of that place, as it always is there. */
function longMessage(sessionId: string, number: number, at: number): MessageRecord {
  const part = turn[(number - 1) % turn.length]
  if (part === undefined) throw new Error('A turn has parts.')
  return { id: `${sessionId}-${number}`, seqId: number, timestamp: at, ...part(number) }
}
