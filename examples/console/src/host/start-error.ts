/** The console was asked for what does not exist: a flag, an agent, a file that is not in its format. */
export const wrongUse = 2
/** It was asked rightly, and the machine does not let it: the folder, the port, the database. */
export const notPossible = 1

/** Why the console does not start, and what to do about it. The text is for the person who typed the command. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly exitCode: number

  constructor(message: string, exitCode: typeof wrongUse | typeof notPossible, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** What an error says, for the end of a sentence. */
export const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
