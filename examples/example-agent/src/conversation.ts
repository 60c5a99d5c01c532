import type { PlanEntry, ToolCall, ToolCallContent } from '@agentclientprotocol/sdk/unstable'
import { z } from 'zod'
import { MODES } from './modes.ts'

/** What only a permission can allow. `allow_always` is remembered for one of them, in one session. */
const PERMITTED = ['write', 'run'] as const
export type Permitted = (typeof PERMITTED)[number]

const content = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('content'),
    content: z.object({ type: z.literal('text'), text: z.string() }),
  }),
  z.object({
    type: z.literal('diff'),
    path: z.string(),
    oldText: z.string().nullable(),
    newText: z.string(),
  }),
]) satisfies z.ZodType<ToolCallContent>

const toolCall = z.object({
  toolCallId: z.string(),
  title: z.string(),
  name: z.string(),
  kind: z.enum(['read', 'edit', 'search', 'execute']),
  status: z.enum(['pending', 'in_progress', 'completed', 'failed']),
  locations: z.array(z.object({ path: z.string(), line: z.number().exactOptional() })),
  rawInput: z.unknown().optional(),
  content: z.array(content),
  /** Absent until the call has ended. */
  rawOutput: z.unknown().optional(),
}) satisfies z.ZodType<ToolCall>

const planEntry = z.object({
  content: z.string(),
  priority: z.enum(['high', 'medium', 'low']),
  status: z.enum(['pending', 'in_progress', 'completed']),
}) satisfies z.ZodType<PlanEntry>

const step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message'), messageId: z.string(), text: z.string() }),
  z.object({ kind: z.literal('thought'), messageId: z.string(), text: z.string() }),
  z.object({ kind: z.literal('tool'), call: toolCall }),
  z.object({ kind: z.literal('plan'), entries: z.array(planEntry) }),
])

const conversation = z.object({
  version: z.literal(1),
  id: z.uuid(),
  cwd: z.string(),
  /** Taken from the first prompt; null before it. */
  title: z.string().nullable(),
  mode: z.enum(MODES),
  alwaysAllowed: z.array(z.enum(PERMITTED)),
  createdAt: z.string(),
  updatedAt: z.string(),
  words: z.object({ heard: z.number(), said: z.number() }),
  turns: z.array(
    z.object({
      prompt: z.object({ messageId: z.string(), text: z.string() }),
      steps: z.array(step),
    }),
  ),
})

/** All that the agent remembers of a session: what was asked, said and done. */
export type Conversation = z.infer<typeof conversation>
export type Turn = Conversation['turns'][number]
export type Step = Turn['steps'][number]
export type SpokenStep = Extract<Step, { text: string }>
export type ToolCallRecord = z.infer<typeof toolCall>
export type ToolContent = z.infer<typeof content>

/** A file of the memory is not what the agent wrote: damaged, or of another version. */
class ConversationError extends Error {
  override readonly name = 'ConversationError'
}

export function newConversation(id: string, cwd: string, now: string): Conversation {
  return {
    version: 1,
    id,
    cwd,
    title: null,
    mode: 'ask',
    alwaysAllowed: [],
    createdAt: now,
    updatedAt: now,
    words: { heard: 0, said: 0 },
    turns: [],
  }
}

export function parseConversation(text: string): Conversation {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ConversationError('it is not JSON', { cause })
  }
  const parsed = conversation.safeParse(value)
  if (!parsed.success) throw new ConversationError(z.prettifyError(parsed.error), { cause: parsed.error })
  return parsed.data
}

const LONGEST_TITLE = 60

export function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0]?.trim() ?? ''
  return line.length <= LONGEST_TITLE ? line : `${line.slice(0, LONGEST_TITLE - 1).trimEnd()}…`
}

export function textContent(text: string): ToolContent {
  return { type: 'content', content: { type: 'text', text } }
}

/**
 * Ends the tool calls that were under way when the program died. Nobody will ever finish them, and a client that
 * loads the session would show them as running for good.
 */
export function endInterrupted(memory: Conversation): void {
  for (const { steps } of memory.turns) {
    for (const step of steps) {
      if (step.kind !== 'tool' || step.call.status === 'completed' || step.call.status === 'failed') continue
      step.call.status = 'failed'
      step.call.content.push(textContent('Interrupted: the agent ended before this was done.'))
    }
  }
}
