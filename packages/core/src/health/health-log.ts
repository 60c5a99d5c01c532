import type { SessionChange } from '../session/session-change.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionState } from '../session/session-state.ts'

/** How far back rates are taken, in ms. */
export const rateWindowMs = 5 * 60_000
/** Reports closer together than this share a sample, so that a window never holds more than 60. */
const sampleMs = 5_000
/** Files that are remembered as written; the oldest go. */
const rememberedFiles = 200

/** Names of tools that change files, as the agents that are known call them. */
const writers = /^(write|edit|multiedit|notebookedit|apply_patch|patch|file_change|create|str_replace.*|delete|move)$/i

export interface UsageSample {
  /** Monotonic ms. */
  readonly at: number
  readonly costUsd: number
  readonly tokens: number
}

/** The past of one session as far as its health needs it, in bounded memory. Fed by changes, so a mirror has it too. */
export class HealthLog {
  /** Monotonic ms of the last sign of the agent; `undefined` before the first. */
  lastActivity: number | undefined
  readonly samples: UsageSample[] = []
  /** Paths that the session wrote, the newest last. */
  readonly writtenFiles = new Set<string>()

  /** Takes note of a change that has been applied to `session`. */
  note(change: SessionChange, session: { readonly state: SessionState }, at: number): void {
    switch (change.type) {
      case 'messages-appended':
        for (const message of change.messages) this.#noteMessage(message, at)
        return
      case 'message-extended':
        this.lastActivity = at
        return
      case 'message-replaced':
        return this.#noteMessage(change.message, at)
      case 'session-updated':
        if ('costUsd' in change.patch || 'inputTokens' in change.patch) this.#sample(session.state, at)
        return
      case 'opened':
        return this.#sample(session.state, at)
      case 'messages-retracted':
      case 'removed':
        return
    }
  }

  #noteMessage({ role, toolName, toolPath }: SessionMessage, at: number): void {
    if (role !== 'user') this.lastActivity = at
    if (role !== 'tool-call' || toolPath === undefined || !writers.test(toolName ?? '')) return
    this.writtenFiles.delete(toolPath)
    this.writtenFiles.add(toolPath)
    for (const oldest of this.writtenFiles) {
      if (this.writtenFiles.size <= rememberedFiles) break
      this.writtenFiles.delete(oldest)
    }
  }

  #sample({ costUsd, inputTokens, outputTokens }: SessionState, at: number): void {
    const sample = { at, costUsd, tokens: inputTokens + outputTokens }
    const before = this.samples.at(-2)
    // The last sample is always the newest; one that is close to the one before it is overwritten.
    if (before !== undefined && at - before.at < sampleMs) this.samples[this.samples.length - 1] = sample
    else this.samples.push(sample)
    // One sample from before the window stays: what the window is measured against.
    while (this.samples.length > 2 && (this.samples[1]?.at ?? at) <= at - rateWindowMs) this.samples.shift()
  }
}
