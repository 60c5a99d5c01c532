import { isSessionId, type EnvPolicy, type SessionRecord, type StartOptions } from '@agent-session/core'
import { field, isFields, textField } from '@agent-session/core/transport'
import { definedOnly } from '../defined-only.ts'
import { isAmount, isText, isTextList } from '../kinds-of-value.ts'
import type { StartParams } from '../wire.ts'

/** A start that can be relied on, or why it cannot. */
export type StartRequest = { readonly ok: true; readonly params: StartParams } | { readonly ok: false; readonly error: string }

/** A page is not trusted to send what its types say. What is null counts as absent. */
export function readStart(given: unknown): StartRequest {
  const [sessionId, provider, prompt] = [field(given, 'sessionId'), textField(given, 'provider'), textField(given, 'prompt')]
  if (!isSessionId(sessionId)) return wrong('sessionId is no id')
  if (provider === undefined || provider === '') return wrong('provider is missing')
  if (prompt === undefined) return wrong('prompt is no text')
  const options: Record<string, unknown> = {}
  for (const [name, check] of Object.entries(optionChecks)) {
    const value = field(given, name)
    if (value === undefined || value === null) continue
    if (!check(value)) return wrong(`${name} is of the wrong kind`)
    options[name] = value
  }
  return { ok: true, params: { sessionId, provider, prompt, ...options } }
}

/** What is stored of how a session was started, which a page wrote: checked as a start is, and never with an environment, which has passed no policy. */
export function storedOptions({ sessionId, provider, options }: SessionRecord): StartOptions | undefined {
  const request = readStart({ ...options, sessionId, provider, prompt: '' })
  if (!request.ok) return undefined
  const { sessionId: _sessionId, provider: _provider, prompt: _prompt, extraEnv: _extraEnv, ...checked } = request.params
  return checked
}

/** The variables that the policy lets through, and the names of those that it does not (B24). One that throws has not said yes. */
export function allowedEnv(env: StartParams['extraEnv'], policy: EnvPolicy): { readonly env?: Readonly<Record<string, string>>; readonly refused: readonly string[] } {
  const passes = ([name, value]: readonly [string, string]): boolean => {
    try {
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== '__proto__' && !value.includes('\0') && policy(name, value)
    } catch {
      // The refusal is told by the problem that names the variable.
      return false
    }
  }
  const entries = Object.entries(env ?? {})
  const passed = entries.filter(passes)
  const refused = entries.filter((entry) => !passed.includes(entry)).map(([name]) => name)
  return { ...definedOnly({ env: passed.length > 0 ? Object.fromEntries(passed) : undefined }), refused }
}

const wrong = (what: string): StartRequest => ({ ok: false, error: `This start is none: its ${what}.` })

const optionChecks = {
  cwd: isText,
  model: isText,
  systemPrompt: isText,
  maxTurns: isAmount,
  permissionMode: isText,
  claudeConfigDir: isText,
  extraEnv: (value: unknown) => isFields(value) && Object.values(value).every(isText),
  additionalDirectories: isTextList,
  worktreeName: isText,
  mcpServers: isTextList,
  agentSessionId: isText,
} satisfies { [Name in keyof StartParams]?: (value: unknown) => boolean }
