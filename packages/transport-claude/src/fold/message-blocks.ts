import { ownId } from './agent-id.ts'

/** One block of an API message: a text, a thought or a tool call. */
export interface Block {
  readonly kind: BlockKind
  readonly id: string
  readonly parentId: string | undefined
  /** Of a text, as far as it was streamed. */
  length: number
  /** It was told as a whole, or given up. What only streamed may yet be taken back. */
  isSettled: boolean
}

export type BlockKind = 'text' | 'thinking' | 'tool'

interface OpenMessage {
  readonly apiId: string
  /** What its texts' ids begin with. */
  readonly prefix: string
  readonly blocks: Map<number, Block>
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

  /** The message with this id in a lane, begun if it is another one than before. `lost`: what only streamed of that one. */
  enter(scope: string, apiId: string, parentId: string | undefined): { readonly lost: readonly Block[] } {
    const lane = parentId ?? top
    const before = this.#open.get(lane)
    if (before?.apiId === apiId) return { lost: [] }
    const times = (this.#begun.get(apiId) ?? 0) + 1
    this.#begun.set(apiId, times)
    const prefix = `${ownId(scope, apiId)}${times === 1 ? '' : `/again-${times}`}`
    this.#open.set(lane, { apiId, prefix, blocks: new Map() })
    return { lost: before === undefined ? [] : unfinished(before) }
  }

  /** A block begins to stream; `undefined` where no message has begun, or the block has. */
  begin(parentId: string | undefined, index: number, kind: BlockKind, toolId?: string): Block | undefined {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined || message.blocks.has(index)) return undefined
    return add(message, index, kind, parentId, toolId)
  }

  /** The API's id of the message that is being made in a lane. */
  current(parentId: string | undefined): string | undefined {
    return this.#open.get(parentId ?? top)?.apiId
  }

  at(parentId: string | undefined, index: number): Block | undefined {
    return this.#open.get(parentId ?? top)?.blocks.get(index)
  }

  /** The block that is told whole now: the one that streamed, or the next one. Its message has been entered. */
  whole(parentId: string | undefined, kind: BlockKind, toolId?: string): Block | undefined {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined) return undefined
    const streamed = [...message.blocks.values()].find((block) => block.kind === kind && !block.isSettled && (kind !== 'tool' || block.id === toolId))
    const block = streamed ?? add(message, Math.max(-1, ...message.blocks.keys()) + 1, kind, parentId, toolId)
    block.isSettled = true
    return block
  }

  /** A block that shows nothing, told whole: it has its index all the same. */
  skip(parentId: string | undefined): void {
    const message = this.#open.get(parentId ?? top)
    if (message !== undefined && ![...message.blocks.values()].some((block) => !block.isSettled)) {
      add(message, Math.max(-1, ...message.blocks.keys()) + 1, 'thinking', parentId).isSettled = true
    }
  }

  /** What only streamed of a lane's message, from an index on: it is given up. */
  abandon(parentId: string | undefined, apiId?: string, fromIndex = 0): readonly Block[] {
    const message = this.#open.get(parentId ?? top)
    if (message === undefined || (apiId !== undefined && message.apiId !== apiId)) return []
    return unfinished(message, fromIndex)
  }

  /** What only streamed, of all lanes: its time is over. */
  abandonAll(): readonly Block[] {
    return [...this.#open.values()].flatMap((message) => unfinished(message))
  }
}

function add(message: OpenMessage, index: number, kind: BlockKind, parentId: string | undefined, toolId?: string): Block {
  const block: Block = { kind, id: toolId ?? `${message.prefix}/${index}`, parentId, length: 0, isSettled: false }
  message.blocks.set(index, block)
  return block
}

function unfinished({ blocks }: OpenMessage, fromIndex = 0): Block[] {
  const found: Block[] = []
  for (const [index, block] of blocks) {
    if (block.isSettled || index < fromIndex) continue
    block.isSettled = true
    found.push(block)
  }
  return found
}
