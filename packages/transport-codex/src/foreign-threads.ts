import { type ForeignSession, type SessionContext, within } from '@agent-session/core'
import { agentProblem, amountField, field, listField, textField } from '@agent-session/core/transport'
import { CodexConnection } from './codex-connection.ts'
import { startFor } from './codex-programs.ts'
import type { CodexSessionOptions } from './codex-session.ts'

/** More pages of a list than anybody looks at; a program may give the same one for ever. */
const mostPages = 20

/** The threads that Codex remembers of a folder. */
export async function foreignThreads(connection: CodexConnection): Promise<ForeignSession[]> {
  const found: ForeignSession[] = []
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const result = await connection.request('thread/list', { cwd: connection.cwd, ...(cursor !== undefined && { cursor }) })
    found.push(...listField(result, 'data').flatMap((thread) => readThread(thread) ?? []))
    cursor = textField(result, 'nextCursor')
    if (cursor === undefined) break
  }
  return found
}

/** Copies a thread as it is now: the copy goes on by itself, the thread stays as it is. Gives the copy's id. */
export async function forkThread(connection: CodexConnection, threadId: string): Promise<string> {
  const forked = textField(field(await connection.request('thread/fork', { threadId, excludeTurns: true }), 'thread'), 'id')
  if (forked === undefined) throw agentProblem('agent-protocol', 'Codex forked the session and gave no id of it')
  return forked
}

/** Removes a thread and all that Codex has kept of it. */
export async function forgetThread(connection: CodexConnection, threadId: string): Promise<void> {
  await connection.request('thread/delete', { threadId })
}

/** Codex, started for one thing and ended when it is done. Rejects with what the thing, or the start, rejects with. */
export async function withCodex<Result>(context: SessionContext, options: CodexSessionOptions, work: (connection: CodexConnection) => Promise<Result>): Promise<Result> {
  const { programs, clock, handshakeMs, clientInfo } = options
  const process = await startFor(programs.appServer, '', context, ['app-server'])
  const connection = new CodexConnection(context.provider, process, clock, { sending: () => {}, received: () => {}, gone: () => {} })
  const working = async (): Promise<Result> => {
    await connection.request('initialize', { clientInfo })
    await connection.notify('initialized')
    return work(connection)
  }
  try {
    const worked = await within(clock, handshakeMs, working())
    if (worked.timely) return worked.value
    throw agentProblem('agent-protocol', `The agent "${context.provider}" did not answer within ${Math.round(handshakeMs / 1000)} s`)
  } finally {
    await connection.kill()
  }
}

function readThread(thread: unknown): ForeignSession | undefined {
  const agentSessionId = textField(thread, 'id')
  // What a sub-agent did belongs to the thread that sent it.
  if (agentSessionId === undefined || textField(thread, 'parentThreadId') !== undefined) return undefined
  const title = textField(thread, 'name') ?? textField(thread, 'preview') ?? ''
  const cwd = textField(thread, 'cwd')
  const updatedAt = amountField(thread, 'updatedAt')
  return {
    agentSessionId,
    ...(title !== '' && { title }),
    ...(cwd !== undefined && { cwd }),
    ...(updatedAt !== undefined && { updatedAt: updatedAt * 1_000 }),
  }
}
