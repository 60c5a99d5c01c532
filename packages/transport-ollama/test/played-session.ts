import { type AgentSession, type AgentSessionError, createAgentStore } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { promptOf, RecordedTransport, recordedAt } from './recorded-stream.ts'

/** What a person sees after a stream has been played through a store, and what the store had to say about it. */
export interface PlayedSession {
  readonly session: AgentSession
  readonly reports: readonly AgentSessionError[]
}

export async function playSession(lines: readonly unknown[]): Promise<PlayedSession> {
  const clock = createManualClock({ now: recordedAt })
  const transport = new RecordedTransport(lines)
  let ids = 0
  const store = createAgentStore({ transport, clock, newId: () => `id-${(ids += 1)}` })
  const reports: AgentSessionError[] = []
  store.on('warning', (warning) => reports.push(warning))
  store.on('error', (error) => reports.push(error))
  const [first = 'nothing', ...more] = lines.flatMap((line) => promptOf(line) ?? [])
  await store.start('project', { provider: 'ollama', prompt: first })
  await clock.settle()
  for (const prompt of more) {
    await store.prompt('project', prompt)
    await clock.settle()
  }
  transport.end()
  await clock.settle()
  const session = store.getSession('project')
  if (session === undefined) throw new Error('The session was not started')
  await store.dispose()
  return { session, reports }
}

/** A session as lines that can be read and compared. */
export function shown({ session, reports }: PlayedSession): string {
  const head = [
    `${session.status}${session.endReason === undefined ? '' : ` (${session.endReason})`}${session.error === undefined ? '' : `: ${session.error}`}`,
    `model ${session.model || '?'}, mode ${session.mode ?? '?'}, title ${session.title ?? '?'}`,
    `$${Number(session.costUsd.toFixed(6))}, ${session.inputTokens} in, ${session.cachedInputTokens} cached, ${session.outputTokens} out, context ${session.contextUsed ?? '?'} of ${session.contextSize ?? '?'}`,
    `${session.modes.length} modes, ${session.models.length} models, ${session.commands.length} commands`,
    ...session.plan.map((entry) => `plan: [${entry.status}] ${entry.content}`),
    ...session.permissions.map(
      ({ state, optionId, title, input, options }) =>
        `permission ${state}${optionId === undefined ? '' : ` ${optionId}`}: ${title} ${JSON.stringify(input)} (${options.map(({ id, kind }) => `${id}=${kind}`).join(', ')})`,
    ),
    ...reports.map(({ code, detail }) => `report ${code}: ${JSON.stringify(detail)?.slice(0, 160)}`),
  ]
  const lines = session.messages.map((message) => {
    const marks = [
      message.toolName,
      message.toolPath === undefined ? undefined : `<${message.toolPath}>`,
      message.toolState,
      message.isError ? 'error' : undefined,
      message.streaming ? 'STREAMING' : undefined,
      message.cut ? 'cut' : undefined,
      message.truncated === undefined ? undefined : `truncated ${message.truncated.lines} lines`,
      message.parentId === undefined ? undefined : `under ${message.parentId}`,
    ].filter((mark) => mark !== undefined)
    const content = message.content.length > 300 ? `${message.content.slice(0, 300)}… ${message.content.length}` : message.content
    return `${message.seqId} ${message.role}${marks.length > 0 ? ` [${marks.join(' ')}]` : ''} ${JSON.stringify(content)}`
  })
  return `${[...head, '', ...lines].join('\n')}\n`
}
