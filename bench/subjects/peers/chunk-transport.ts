/** The chunks of the AI SDK's own stream protocol that a turn is made of. */
export type Chunk =
  | { readonly type: 'start'; readonly messageId: string }
  | { readonly type: 'text-start' | 'text-end'; readonly id: string }
  | { readonly type: 'text-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'tool-input-available'; readonly toolCallId: string; readonly toolName: string; readonly input: object; readonly dynamic: true }
  | { readonly type: 'tool-output-available'; readonly toolCallId: string; readonly output: string; readonly dynamic: true }
  | { readonly type: 'finish' }

/** A `ChatTransport` whose stream gives what is pushed. */
export class ChunkTransport {
  #controller: ReadableStreamDefaultController<Chunk> | undefined

  readonly sendMessages = async (): Promise<ReadableStream<Chunk>> =>
    new ReadableStream<Chunk>({ start: (controller) => void (this.#controller = controller) })

  readonly reconnectToStream = async (): Promise<null> => null

  get open(): boolean {
    return this.#controller !== undefined
  }

  push(chunk: Chunk): void {
    this.#controller?.enqueue(chunk)
  }

  end(): void {
    this.#controller?.close()
    this.#controller = undefined
  }
}
