/** Whether a variable may reach the agent's process. */
export type EnvPolicy = (name: string, value: string) => boolean

const providerPrefix = /^(CLAUDE|CODEX|OLLAMA|ANTHROPIC_)/i

/** What a loader, a shell or an interpreter obeys: whoever sets one of these runs code of his own (FAULTS section 2). */
const loaders = /^(LD_|DYLD_|NODE_|NPM_CONFIG_|PYTHON|PERL5?|RUBY|JAVA_|_JAVA_|JDK_JAVA_|BASH_|GIT_|SSH_|GCONV_|LOCPATH|BUN_|DENO_)/i
const exact = new Set(['PATH', 'IFS', 'ENV', 'SHELL', 'SHELLOPTS', 'HOME', 'TMPDIR', 'PROMPT_COMMAND', 'PS4', 'CDPATH', 'ZDOTDIR', 'EDITOR', 'VISUAL', 'PAGER', 'CLASSPATH', 'COMSPEC', 'PATHEXT'])

/** What the store holds to where no policy is given (B24): nothing that steers a provider, a loader, a shell or an interpreter. */
export const defaultEnvPolicy: EnvPolicy = (name) =>
  !providerPrefix.test(name) && !loaders.test(name) && !exact.has(name.toUpperCase())

export interface FilteredEnv {
  /** `undefined` when nothing is left: then nothing is sent. */
  readonly env: Readonly<Record<string, string>> | undefined
  readonly refused: readonly string[]
}

/** B24: the variables that pass, and the names of those that do not. */
export function filterEnv(env: Readonly<Record<string, string>> | undefined, policy: EnvPolicy): FilteredEnv {
  const entries = Object.entries(env ?? {})
  const passed = entries.filter(([name, value]) => isVariable(name, value) && allows(policy, name, value))
  const kept = new Set(passed.map(([name]) => name))
  return {
    env: passed.length > 0 ? Object.fromEntries(passed) : undefined,
    refused: entries.map(([name]) => name).filter((name) => !kept.has(name)),
  }
}

/** A policy that throws has not said yes. */
function allows(policy: EnvPolicy, name: string, value: string): boolean {
  try {
    return policy(name, value)
  } catch {
    // The refusal is told by the warning that names the variable.
    return false
  }
}

const isVariable = (name: string, value: unknown): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== '__proto__' && typeof value === 'string' && !value.includes('\0')
