import type { AgentEvent, AgentTransport } from '@agent-session/core'

/** All that a transport tells, and a way to wait for it. */
export class HeardEvents {
  readonly all: AgentEvent[] = []
  readonly #waiting = new Set<(event: AgentEvent) => void>()

  constructor(transport: AgentTransport) {
    transport.subscribe((event) => {
      this.all.push(event)
      for (const look of this.#waiting) look(event)
    })
  }

  /** The first event that is such a one, from before or from now on. */
  async until<Found extends AgentEvent>(isIt: (event: AgentEvent) => event is Found): Promise<Found>
  async until(isIt: (event: AgentEvent) => boolean): Promise<AgentEvent>
  async until(isIt: (event: AgentEvent) => boolean): Promise<AgentEvent> {
    const before = this.all.find(isIt)
    if (before !== undefined) return before
    return new Promise((resolve) => {
      const look = (event: AgentEvent): void => {
        if (!isIt(event)) return
        this.#waiting.delete(look)
        resolve(event)
      }
      this.#waiting.add(look)
    })
  }

  /** How a run ended. */
  end(run: string): Promise<Extract<AgentEvent, { type: 'status' }>> {
    return this.until((event): event is Extract<AgentEvent, { type: 'status' }> => event.type === 'status' && event.run === run)
  }

  /** What was said in a run, its messages one after the other. */
  said(run: string): string {
    return this.all.map((event) => (event.type === 'delta' && event.kind === 'text' && event.run === run ? event.text : '')).join('')
  }
}
