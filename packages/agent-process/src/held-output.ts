import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Clock } from '@agent-session/core'

/** Ms of silence after which the output of a program that has ended is taken for over. */
const silenceMs = 500

/**
 * What a program has written after it has ended. Something that it started, and that has left its group, may hold its
 * pipes open for as long as it runs: they are closed on our side once nothing more comes out of them.
 */
export class HeldOutput {
  readonly #streams: readonly Readable[]
  readonly #clock: Clock
  #timer: unknown
  #seen = -1

  constructor(streams: readonly (Readable | null)[], clock: Clock) {
    this.#streams = streams.filter((stream) => stream !== null)
    this.#clock = clock
  }

  /** `isUnwanted`: nobody reads what is left. */
  closeWhenSilent(isUnwanted: () => boolean): void {
    const seen = this.#streams.reduce((sum, stream) => sum + bytesReadOf(stream), 0)
    const isRead = this.#streams.every(({ readableLength }) => readableLength === 0)
    if (seen === this.#seen && (isRead || isUnwanted())) {
      for (const stream of this.#streams) stream.destroy()
      return
    }
    this.#seen = seen
    this.#timer = this.#clock.setTimeout(() => this.closeWhenSilent(isUnwanted), silenceMs)
  }

  /** They have closed by themselves. */
  closed(): void {
    this.#clock.clearTimeout(this.#timer)
  }
}

/** The pipes of a child process are sockets. */
function bytesReadOf(stream: Readable & Partial<Pick<Socket, 'bytesRead'>>): number {
  return stream.bytesRead ?? 0
}
