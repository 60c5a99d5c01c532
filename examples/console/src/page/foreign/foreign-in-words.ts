import { AgentSessionError, errorText, type ForeignSession, type ProviderState } from '@agent-session/core'

interface Asked {
  /** Of the agent, for people. */
  readonly title: string
  /** `undefined` until the host has said which agents there are. */
  readonly provider: ProviderState | undefined
  /** `undefined` until the agent has told. */
  readonly found: readonly ForeignSession[] | undefined
  /** What it failed with. */
  readonly failure: unknown
  readonly cwd: string
}

/** What came of asking an agent for its sessions. */
export function foreignInWords({ title, provider, found, failure, cwd }: Asked): { readonly tone: 'quiet' | 'attention' | 'bad'; readonly text: string } {
  if (provider?.usable === false && provider.code !== 'timeout') {
    return { tone: 'attention', text: `${title} cannot be used here: ${provider.message}.${provider.install === undefined ? '' : ` To get it: ${provider.install}`}` }
  }
  if (failure !== undefined) {
    const unable = AgentSessionError.isInstance(failure) && failure.code === 'not-supported'
    return unable ? { tone: 'attention', text: `${title} cannot tell which sessions it remembers.` } : { tone: 'bad', text: `${title} could not be asked: ${errorText(failure)}` }
  }
  if (found === undefined) return { tone: 'quiet', text: `Asking ${title}…` }
  if (found.length === 0) return { tone: 'quiet', text: `${title} tells of no session in ${cwd}.` }
  return { tone: 'quiet', text: found.length === 1 ? '1 session' : `${found.length} sessions` }
}
