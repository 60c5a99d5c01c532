import type { ProbeRequest, ProbeResult, Provider, ProviderOptions } from '@agent-session/core'
import { createClaudeTransport, type ClaudeTransportOptions } from './claude-transport.ts'
import { type InstalledSdk, installedSdk, isFile } from './installed-sdk.ts'
import { field } from '@agent-session/core/transport'

/** Every start option reaches it. */
const startOptions: ProviderOptions = {
  cwd: true,
  model: true,
  systemPrompt: true,
  maxTurns: true,
  permissionMode: true,
  claudeConfigDir: true,
  extraEnv: true,
  additionalDirectories: true,
  worktreeName: true,
  mcpServers: true,
  agentSessionId: true,
}

const install = 'npm install @anthropic-ai/claude-agent-sdk'

export interface ClaudeProviderOptions extends ClaudeTransportOptions {
  /** Folders named `node_modules` in which the SDK is looked for, to tell whether it is there. Default: those of this package. */
  readonly modules?: readonly string[]
}

/** Claude Code, for a registry of agents. Its transport is that of `createClaudeTransport`. */
export function claudeProvider({ modules, ...options }: ClaudeProviderOptions = {}): Provider {
  return {
    title: 'Claude Code',
    options: startOptions,
    capabilities: { list: true, configure: true, images: true, steer: true, fork: true, forget: true },
    probe: (request) => probeClaude(options, modules, request),
    create: ({ clock }) => createClaudeTransport({ clock, ...options }),
  }
}

/** Nothing of the SDK is loaded, unless the host has a way of its own to it: then that is tried. */
async function probeClaude({ sdk, options }: ClaudeTransportOptions, modules: readonly string[] | undefined, { withdrawn }: ProbeRequest): Promise<ProbeResult> {
  // A host that decides it for each session is not asked without one.
  const own = typeof options === 'function' ? undefined : field(options, 'pathToClaudeCodeExecutable')
  if (typeof own === 'string' && !(await isFile(own))) return { usable: false, code: 'not-installed', message: `The program of Claude Code was not found: ${own}` }
  if (sdk !== undefined) return triedSdk(sdk, withdrawn)
  const found = await installedSdk(modules)
  if (found === undefined) return { usable: false, code: 'not-installed', message: 'The Claude Agent SDK was not found', install }
  const { version, hasProgram }: InstalledSdk = found
  if (hasProgram || own !== undefined) return { usable: true, ...(version !== undefined && { version }) }
  return {
    usable: false,
    code: 'not-installed',
    message: 'The Claude Agent SDK is installed without the program for this machine, which is one of its optional dependencies',
    install: `${install} --include=optional`,
  }
}

async function triedSdk(sdk: NonNullable<ClaudeTransportOptions['sdk']>, withdrawn: Promise<void>): Promise<ProbeResult> {
  if (typeof sdk !== 'function') return { usable: true }
  const late = withdrawn.then((): ProbeResult => ({ usable: false, code: 'timeout', message: 'The Claude Agent SDK did not load in time' }))
  // What it rejects with is told by the registry.
  return Promise.race([sdk().then((): ProbeResult => ({ usable: true })), late])
}
