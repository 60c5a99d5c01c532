import { ownId } from '@agent-session/core/transport'

/** One block of an API message that has begun to stream: a text, a thought or a tool call. */
export interface Block {
  readonly kind: BlockKind
  readonly id: string
  readonly parentId: string | undefined
  /** Of a text, as far as it was streamed. */
  length: number
}

export type BlockKind = 'text' | 'thinking' | 'tool'

interface OpenMessage {
  readonly apiId: string
  /** What its texts' ids begin with. */
  readonly prefix: string
  /** The index after the last one that was given: none is given twice, so that no id is. */
  next: number
  /** What only streamed: it was neither told as a whole nor given up, and may yet be taken back. By its index. */
  readonly streaming: Map<number, Block>
}

/** The conversation itself, as the name of a lane: no tool call has an empty id. */
const top = ''

/**
 * The API's messages, as they stream and as they are told: each block of one streams first (where partial messages are
 * on) and is then told whole, in a message of its own that has no index. Each lane (the conversation, and each
 * sub-agent) has one message that is being made.
 */
export class MessageBlocks {
  readonly #open = new Map<string, OpenMessage>()
  /** How often each of the API's ids was begun: one that comes again later is another message. */
  readonly #begun = new Map<string, number>()

  /** The message with this id in a lane, begun if it is another one than before. Gives what only streamed of that one. */
  enter(scope: string, apiId: string, parentId: string | undefined): readonly Block[] {
    const lane = parentId ?? top
    const before = this.#open.get(lane)
    if (before?.apiId === apiId) return []
    const times = (this.#begun.get(apiId) ?? 0) + 1
    this.#begun.set(apiId, times)
    const prefix = `${ownId(scope, apiId)}${times === 1 ? '' : `/again-${times}`}`
    this.#open.set(lane, { apiId, prefix, next: 0, streaming: new Map() })
    return before === undefined ? [] : [...before.streaming.values()]
  }

  /** The API's id of the message that is being made in a lane. */
  current(parentId: string | undefined): string | undefined {
    return this.#open.get(parentId ?? top)?.apiId
  }

  /** A block begins to stream; `undefined` where no message has begun, or the block has. */
  begin(parentId: string | undefined, index: number, kind: BlockKind, toolId?: string): Block | undefined {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined || index < message.next) return undefined
    message.next = index + 1
    const block: Block = { kind, id: toolId ?? `${message.prefix}/${index}`, parentId, length: 0 }
    message.streaming.set(index, block)
    return block
  }

  /** A block that streams. */
  at(parentId: string | undefined, index: number): Block | undefined {
    return this.#open.get(parentId ?? top)?.streaming.get(index)
  }

  /** The block that is told whole now: the one that streamed, or the next one. Its message has been entered. */
  whole(parentId: string | undefined, kind: BlockKind, toolId?: string): Block | undefined {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined) return undefined
    for (const [index, block] of message.streaming) {
      if (block.kind !== kind || (kind === 'tool' && block.id !== toolId)) continue
      message.streaming.delete(index)
      return block
    }
    const index = message.next
    message.next += 1
    return { kind, id: toolId ?? `${message.prefix}/${index}`, parentId, length: 0 }
  }

  /** A block without words is told whole: it has its index all the same. */
  skip(parentId: string | undefined): void {
    const message = this.#open.get(parentId ?? top)
    if (message !== undefined && message.streaming.size === 0) message.next += 1
  }

  /** What only streamed of a lane's message, from an index on: it is given up. */
  abandon(parentId: string | undefined, apiId?: string, fromIndex = 0): readonly Block[] {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined || (apiId !== undefined && message.apiId !== apiId)) return []
    return given(message, fromIndex)
  }

  /** What only streamed, of all lanes: its time is over. */
  abandonAll(): readonly Block[] {
    return [...this.#open.values()].flatMap((message) => given(message))
  }
}

function given({ streaming }: OpenMessage, fromIndex = 0): Block[] {
  const found: Block[] = []
  for (const [index, block] of streaming) {
    if (index < fromIndex) continue
    streaming.delete(index)
    found.push(block)
  }
  return found
}
