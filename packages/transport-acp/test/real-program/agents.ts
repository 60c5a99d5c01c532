import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { AgentProgram } from '../../src/stdio/index.ts'
import type { ModelBlock } from './model-server.ts'

/** One real agent: how it is run, and how its model calls its tools. */
export interface RealAgent {
  readonly name: string
  /** `home`: a folder of its own, with `project` in it; `url`: the model. */
  program(bin: string, home: string, url: string): AgentProgram
  /** A command that the agent asks about; one that it need not ask about is the same where it asks about all. */
  command(command: string): ModelBlock
  /** A plan of two entries, the first of them `first`. */
  plan(first: 'in_progress' | 'completed'): ModelBlock
  /** Has another agent do what the prompt `helper job` says; absent: it has no such tool for a model that nobody knows. */
  helper?: ModelBlock
  /** What it does while the helper works in the background; absent: it waits for the helper. */
  meanwhile?: ModelBlock
  /** Writes a file in its folder; absent: its model writes files by its commands. */
  write?(file: string, content: string): ModelBlock
  /** How it asks the person; absent: it has no such tool. */
  question?: ModelBlock
  /** It goes on trying after an error of the API: there is no end to wait for. */
  readonly retriesForever?: true
  readonly startOptions?: { readonly permissionMode?: string }
}

const common = (home: string): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: path.join(home, 'tmp') })

const claude: RealAgent = {
  name: 'claude-agent-acp',
  program: (bin, home, url) => ({
    command: path.join(bin, 'claude-agent-acp'),
    env: {
      ...common(home),
      CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'sk-scripted',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_ENABLE_TASKS: '0',
      CLAUDE_CODE_ENABLE_TODO_TOOLS: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_TELEMETRY: '1',
    },
  }),
  command: (command) => ({ tool: 'Bash', input: { command, description: 'Runs it' } }),
  plan: (first) => ({
    tool: 'TodoWrite',
    input: { todos: [{ content: 'Look', status: first, activeForm: 'Looking' }, { content: 'Leap', status: 'pending', activeForm: 'Leaping' }] },
  }),
  write: (file_path, content) => ({ tool: 'Write', input: { file_path, content } }),
  helper: { tool: 'Agent', input: { description: 'Counts', prompt: 'helper job', subagent_type: 'general-purpose', run_in_background: false } },
  question: {
    tool: 'AskUserQuestion',
    input: { questions: [{ question: 'Which colour?', header: 'Colour', multiSelect: false, options: [{ label: 'Red', description: 'warm' }, { label: 'Blue', description: 'cold' }] }] },
  },
}

const codex: RealAgent = {
  name: 'codex-acp',
  program(bin, home, url) {
    const codexHome = path.join(home, 'codex')
    mkdirSync(codexHome, { recursive: true })
    const config = [
      'model = "gpt-5.5"',
      'model_provider = "scripted"',
      'check_for_update_on_startup = false',
      'tools.update_plan.enabled = true',
      'features.plugins = false',
      'features.unbounded_connection_retries = false',
      '[analytics]',
      'enabled = false',
      '[model_providers.scripted]',
      'name = "Scripted"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "SCRIPTED_API_KEY"',
      'request_max_retries = 0',
      'stream_max_retries = 0',
    ]
    writeFileSync(path.join(codexHome, 'config.toml'), `${config.join('\n')}\n`)
    return { command: path.join(bin, 'codex-acp'), env: { ...common(home), CODEX_HOME: codexHome, SCRIPTED_API_KEY: 'sk-scripted', INITIAL_AGENT_MODE: 'workspace-write' } }
  },
  command: (cmd) => ({ tool: 'exec_command', input: { cmd, sandbox_permissions: 'require_escalated', justification: 'It is wanted.' } }),
  plan: (first) => ({ tool: 'update_plan', input: { plan: [{ step: 'Look', status: first }, { step: 'Leap', status: 'pending' }] } }),
  helper: { tool: 'spawn_agent', namespace: 'multi_agent_v1', input: { message: 'helper job' } },
  meanwhile: { tool: 'exec_command', input: { cmd: 'sleep 3', yield_time_ms: 5_000 } },
}

const opencode: RealAgent = {
  name: 'opencode',
  program(bin, home, url) {
    const config = {
      $schema: 'https://opencode.ai/config.json',
      autoupdate: false,
      share: 'disabled',
      model: 'scripted/scripted',
      small_model: 'scripted/scripted',
      permission: { bash: 'ask', edit: 'ask' },
      provider: { scripted: { npm: '@ai-sdk/openai-compatible', name: 'Scripted', options: { baseURL: `${url}/v1`, apiKey: 'sk-scripted' }, models: { scripted: { name: 'Scripted', limit: { context: 100_000, output: 10_000 } } } } },
    }
    return { command: path.join(bin, 'opencode'), args: ['acp'], env: { ...common(home), OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' } }
  },
  command: (command) => ({ tool: 'bash', input: { command, description: 'Runs it' } }),
  plan: (first) => ({
    tool: 'todowrite',
    input: { todos: [{ id: '1', content: 'Look', status: first, priority: 'medium' }, { id: '2', content: 'Leap', status: 'pending', priority: 'medium' }] },
  }),
  write: (filePath, content) => ({ tool: 'write', input: { filePath, content } }),
  helper: { tool: 'task', input: { description: 'Counts', prompt: 'helper job', subagent_type: 'general' } },
  retriesForever: true,
}

export const realAgents: readonly RealAgent[] = [claude, codex, opencode]
