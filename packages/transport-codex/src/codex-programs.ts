import { type AgentProcess, type AgentProgram, agentPrograms, type AgentProgramsOptions, jsonLines, type ProgramArgs, type StartProgram } from '@agent-session/agent-process'
import type { SessionContext } from '@agent-session/core'
import { rpcLines, type RpcMessage } from './rpc-lines.ts'

/** The ways to start Codex, by what it then writes. */
export interface StartCodex {
  readonly appServer: StartProgram<RpcMessage>
  readonly exec: StartProgram<object>
}

/** Where Codex is, and how its processes are treated. Default: `codex` on PATH, for the provider `codex`. */
export type CodexProgramsOptions = Partial<AgentProgramsOptions>

export const codexProgram = { command: 'codex', install: 'npm install -g @openai/codex' } satisfies AgentProgram

export function codexPrograms({ agents = { codex: codexProgram }, ...options }: CodexProgramsOptions): StartCodex {
  return { appServer: agentPrograms({ agents, ...options }, rpcLines), exec: agentPrograms({ agents, ...options }, jsonLines) }
}

/** Codex for one session; what it is started with comes from the host alone, but for its variables. */
export function startFor<Message>(start: StartProgram<Message>, sessionId: string, { provider, cwd, extraEnv }: SessionContext, args: ProgramArgs): Promise<AgentProcess<Message>> {
  return start({ provider, sessionId, ...(cwd !== undefined && cwd !== '' && { cwd }), env: { ...extraEnv } }, args)
}
