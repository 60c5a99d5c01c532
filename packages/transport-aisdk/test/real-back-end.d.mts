/** The AI SDK's two entries, in any of its versions 5 to 7. */
export interface Sdk {
  readonly ai: object
  readonly test: object
}

export interface BackEnd {
  readonly api: string
  /** The bodies of the requests, in their order. */
  readonly asked: readonly unknown[]
  /** Answers whose reader went away before they ended. */
  readonly left: number
  /** Breaks the connections of all answers. */
  hangUp(): void
  /** The conversations as the model got them. */
  prompts(): readonly unknown[]
  close(): Promise<void>
}

export function serveBackEnd(sdk: Sdk, scenario: string, page?: string): Promise<BackEnd>
