/** What a tool is told beside its arguments. */
export interface ToolContext {
  readonly sessionId: string
  readonly projectId: string
  /** The folder that the session works in; absent where its start named none. */
  readonly cwd?: string
  /** Other folders that the session may work in; absent where its start named none. */
  readonly additionalDirectories?: readonly string[]
  /** The run was stopped: what the tool gives now is heard by nobody. */
  readonly signal: AbortSignal
}

/** Something that the host lets a model do. */
export interface OllamaTool {
  /** As the model calls it: letters, digits, `_` and `-`. */
  readonly name: string
  readonly description: string
  /** The arguments, as a JSON Schema of type `object`. What a model sends is not checked against it: `run` must not rely on it. */
  readonly parameters: object
  /** Whether a person is asked before it runs, always or for some arguments. Default: never. */
  readonly ask?: boolean | ((input: unknown) => boolean)
  /** Gives its output: text as it is, anything else as JSON. What it throws is told to the model as the tool's failure. */
  run(input: unknown, context: ToolContext): unknown
}
