import type { PlayedStream } from '@agent-session/core/conformance'

/** A session as lines that can be read and compared. */
export function shown({ session, reports }: PlayedStream): string {
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
