import type { PermissionQuestion } from '@agent-session/core'

/** A question of an agent, with what a policy may want to know of its session. */
export interface AskedPermission {
  readonly sessionId: string
  /** As the page named it. */
  readonly provider: string
  /** The folder that the agent works in; absent where nobody said. */
  readonly cwd?: string
  readonly request: PermissionQuestion
}

/**
 * Answers an agent's question in the place of a person, whom this wire has no words to ask: the id of one of its
 * options, or `undefined` to refuse. One that throws, and an option that there is not, refuse.
 */
export type PermissionPolicy = (asked: AskedPermission) => string | undefined | Promise<string | undefined>

/** The option that refuses once; else for good; `undefined` where the question has neither: then it is closed without an answer. */
export const refusingOption = ({ options }: PermissionQuestion): string | undefined =>
  (options.find(({ kind }) => kind === 'reject_once') ?? options.find(({ kind }) => kind === 'reject_always'))?.id

/** Whether an option allows. */
export const allows = ({ options }: PermissionQuestion, optionId: string | undefined): boolean =>
  options.some(({ id, kind }) => id === optionId && (kind === 'allow_once' || kind === 'allow_always'))
