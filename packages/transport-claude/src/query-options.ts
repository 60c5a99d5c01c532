import type { SessionContext } from '@agent-session/core'
import { agentProblem, fieldsOf, textField } from '@agent-session/core/transport'

/** Options of the SDK's `query()` that a host adds: `mcpServers`, `hooks`, `agents`, `allowedTools`, `settingSources`… */
export type HostOptions = Readonly<Record<string, unknown>>

export interface QueryOptionsSource {
  readonly context: SessionContext
  /** The program's environment beside what the session adds. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: HostOptions
  /** What the host has for sessions that name them. */
  readonly mcpServers: Readonly<Record<string, unknown>>
  readonly allowBypass: boolean
  /** The mode and model as they were last chosen. */
  readonly mode: string | undefined
  readonly model: string | undefined
  /** The program's session to go on with. */
  readonly resume: string | undefined
}

/**
 * What `query()` is called with. Every start option has its place: `worktreeName` is the program's `--worktree`, and
 * `systemPrompt` comes after the program's own, or the host's. Throws `not-supported` for a mode that the host has not
 * allowed, `invalid-argument` for an MCP server that it does not have.
 */
export function queryOptions({ context, env, host, mcpServers, allowBypass, mode, model, resume }: QueryOptionsSource): Record<string, unknown> {
  const { cwd, systemPrompt, maxTurns, claudeConfigDir, extraEnv, additionalDirectories, worktreeName } = context
  const bypass = mode === 'bypassPermissions'
  if (bypass && !allowBypass) {
    throw agentProblem('not-supported', 'The mode "bypassPermissions" is off: this host asks before tools are used. It is turned on by the transport\'s option allowBypass.')
  }
  return {
    includePartialMessages: true,
    forwardSubagentText: true,
    ...host,
    systemPrompt: systemPromptOf(host, systemPrompt),
    ...(isGiven(cwd) && { cwd }),
    ...(isGiven(model) && { model }),
    ...(isGiven(mode) && { permissionMode: mode }),
    ...(bypass && { allowDangerouslySkipPermissions: true }),
    ...(maxTurns !== undefined && { maxTurns }),
    ...(additionalDirectories !== undefined && additionalDirectories.length > 0 && { additionalDirectories: [...additionalDirectories] }),
    ...(context.mcpServers !== undefined && context.mcpServers.length > 0 && { mcpServers: { ...fieldsOf(host['mcpServers']), ...named(context.mcpServers, mcpServers) } }),
    ...(isGiven(worktreeName) && resume === undefined && { extraArgs: { ...extraArgsOf(host), worktree: worktreeName } }),
    ...(resume !== undefined && { resume }),
    env: {
      // Without it the program keeps no list of what it has to do.
      CLAUDE_CODE_ENABLE_TODO_TOOLS: '1',
      ...env,
      // It refuses to run inside itself, as an app does that was started from its terminal.
      CLAUDECODE: undefined,
      ...extraEnv,
      ...(isGiven(claudeConfigDir) && { CLAUDE_CONFIG_DIR: claudeConfigDir }),
    },
  }
}

function named(names: readonly string[], known: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => {
      if (Object.hasOwn(known, name)) return [name, known[name]]
      throw agentProblem('invalid-argument', `This host has no MCP server "${name}"; it has ${Object.keys(known).join(', ') || 'none'}`)
    }),
  )
}

const isGiven = (text: string | undefined): text is string => text !== undefined && text !== ''

function systemPromptOf({ systemPrompt: ofHost = { type: 'preset', preset: 'claude_code' } }: HostOptions, ofSession: string | undefined): unknown {
  if (!isGiven(ofSession)) return ofHost
  const preset = fieldsOf(ofHost)
  if (preset === undefined) return typeof ofHost === 'string' && ofHost !== '' ? `${ofHost}\n\n${ofSession}` : ofSession
  const before = textField(preset, 'append')
  return { ...preset, append: before === undefined ? ofSession : `${before}\n\n${ofSession}` }
}

const extraArgsOf = ({ extraArgs }: HostOptions): object => fieldsOf(extraArgs) ?? {}
