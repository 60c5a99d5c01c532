import { type EventBody, field, fieldsOf, jsonText, listField, textField } from '@agent-session/core/transport'
import { BoundedText } from './bounded-text.ts'
import { rawOutputText } from './raw-output.ts'
import { readToolContent, type ToolContent } from './tool-content.ts'
import { givenToolName, toolNameByKind } from './tool-name.ts'

/** More pieces than a content has: what comes after them is left to the end. */
const mostBlocks = 10_000
const nothing: ToolContent = { text: undefined, diff: undefined, path: undefined }

/** One tool call, put together of all that the agent tells of it, and what of that has been told on. */
export class ToolCall {
  readonly id: string
  readonly parentId: string | undefined
  #name: string | undefined
  /** OpenCode: the title of the announcement is the tool's name, later ones say what it does. A replay has those only. */
  readonly #titleIsName: boolean
  #firstTitle: string | undefined
  #title: string | undefined
  #kind: string | undefined
  #status: string | undefined
  #rawInput: unknown
  #rawOutput: unknown
  #path: string | undefined
  #blocks: readonly unknown[] = []
  #content = nothing
  /** Whether the text of `content` is what the tool gave, and not what it was asked. */
  #contentIsOutput = false
  /** The change that was asked for: some agents tell it with their question alone. */
  #askedDiff: string | undefined
  readonly #terminal = new BoundedText()
  /** Output as far as it has been told. */
  #streamed = ''
  #toldCall: string | undefined
  #toldResult: unknown
  #ended = false

  constructor(id: string, parentId: string | undefined, titleIsName: boolean) {
    this.id = id
    this.parentId = parentId
    this.#titleIsName = titleIsName
  }

  /** The terminals that it shows, by the agent's ids. */
  get terminalIds(): readonly string[] {
    return this.#blocks.flatMap((block) => (field(block, 'type') === 'terminal' ? (textField(block, 'terminalId') ?? []) : []))
  }

  get ended(): boolean {
    return this.#ended
  }

  get title(): string {
    return this.#title || this.#firstTitle || this.#shownName
  }

  /** Takes in a `tool_call` or a `tool_call_update`: what is absent stays as it was. */
  take(update: unknown, now: number): EventBody[] {
    this.#merge(update)
    const bodies = this.tell(now)
    this.#takeTerminal(update, bodies, now)
    if (this.#status === 'completed' || this.#status === 'failed') bodies.push(...this.#tellResult(now))
    else if (this.#contentIsOutput) bodies.push(...this.#tellOutput(this.#content.text ?? ''))
    return bodies
  }

  /** One more piece of its content (the second version of the protocol tells them one by one). */
  takeBlock(block: unknown): EventBody[] {
    if (this.#blocks.length >= mostBlocks) return []
    this.#show([...this.#blocks, block])
    return this.#ended || !this.#contentIsOutput ? [] : this.#tellOutput(this.#content.text ?? '')
  }

  /** What a terminal of it has printed; after its end the result is told anew. */
  print(text: string, now: number): EventBody[] {
    if (text === '') return []
    const offset = this.#terminal.length
    this.#terminal.append(text)
    return this.#ended ? this.#tellResult(now) : [this.#delta(text, offset)]
  }

  /** Takes in what a permission request says of the call: its arguments are the request's own. */
  takeQuestion(toolCall: unknown): void {
    const { rawInput: _rawInput, rawOutput: _rawOutput, status: _status, content: _content, ...rest } = fieldsOf(toolCall) ?? {}
    this.#merge(rest)
    if (this.#rawInput === undefined) this.#rawInput = field(toolCall, 'rawInput')
    const blocks = listField(toolCall, 'content')
    if (blocks.length === 0) return
    const asked = readToolContent(blocks)
    this.#askedDiff = asked.diff ?? this.#askedDiff
    if (this.#content === nothing) this.#content = asked
  }

  /** The call itself, if anything of it is new. */
  tell(now: number): EventBody[] {
    const content = { name: this.#shownName, input: this.input, toolCallId: this.id }
    // Arguments that are nested too deeply to be compared are told once.
    const told = jsonText(content) ?? this.#shownName
    if (told === this.#toldCall) return []
    this.#toldCall = told
    return [{ type: 'message', messages: [{ id: this.id, type: 'tool_call', content, timestamp: now, ...this.#parent }] }]
  }

  /** The arguments; where the agent gives none, what is known of them. */
  get input(): unknown {
    const given = fieldsOf(this.#rawInput)
    const isEmpty = this.#rawInput === undefined || this.#rawInput === null || (given !== undefined && Object.keys(given).length === 0)
    if (!isEmpty && given === undefined) return this.#rawInput
    // A command has no file that it is about: its location is the folder that it runs in.
    const path = this.#kind === 'execute' ? undefined : (this.#path ?? this.#content.path)
    if (given !== undefined && !isEmpty) {
      return path === undefined || Object.hasOwn(given, 'file_path') || Object.hasOwn(given, 'path') ? given : { ...given, file_path: path }
    }
    const known = { ...(path !== undefined && { file_path: path }), ...(this.#content.diff !== undefined && { diff: this.#content.diff }) }
    if (Object.keys(known).length > 0) return known
    return this.title === this.#shownName ? undefined : { title: this.title }
  }

  get #shownName(): string {
    const titled = this.#titleIsName && this.#firstTitle !== undefined && /^[\w-]+$/.test(this.#firstTitle) ? this.#firstTitle : undefined
    return this.#name || titled || toolNameByKind(this.#kind) || this.#firstTitle || 'Tool'
  }

  get #parent(): { parentId?: string } {
    return this.parentId === undefined ? {} : { parentId: this.parentId }
  }

  #merge(update: unknown): void {
    this.#name = givenToolName(update) ?? this.#name
    const title = textField(update, 'title')
    this.#firstTitle ??= title
    this.#title = title ?? this.#title
    this.#kind = textField(update, 'kind') ?? this.#kind
    this.#status = textField(update, 'status') ?? this.#status
    const rawInput = field(update, 'rawInput')
    if (rawInput !== undefined && rawInput !== null) this.#rawInput = rawInput
    const rawOutput = field(update, 'rawOutput')
    if (rawOutput !== undefined && rawOutput !== null) this.#rawOutput = rawOutput
    const [location] = listField(update, 'locations')
    this.#path = textField(location, 'path') ?? this.#path
    if (Array.isArray(field(update, 'content'))) this.#show(listField(update, 'content'))
  }

  #show(blocks: readonly unknown[]): void {
    this.#blocks = blocks
    this.#content = readToolContent(blocks)
    // Before it runs a call shows what it is going to do.
    this.#contentIsOutput = this.#status !== undefined && this.#status !== 'pending'
  }

  /** codex-acp: what a command prints, piece by piece. */
  #takeTerminal(update: unknown, bodies: EventBody[], now: number): void {
    const data = textField(field(field(update, '_meta'), 'terminal_output_delta'), 'data')
    if (data !== undefined) bodies.push(...this.print(data, now))
  }

  /** The whole output each time: what is new of it is told. Output that changed otherwise is told whole, at the end. */
  #tellOutput(output: string): EventBody[] {
    if (this.#terminal.length > 0 || output.length <= this.#streamed.length || !output.startsWith(this.#streamed)) return []
    const fresh = output.slice(this.#streamed.length)
    const offset = this.#streamed.length
    this.#streamed = output
    return [this.#delta(fresh, offset)]
  }

  #tellResult(now: number): EventBody[] {
    this.#ended = true
    const isError = this.#status === 'failed'
    const output = this.#output(isError)
    if (this.#toldResult !== undefined && this.#toldResult === output) return []
    this.#toldResult = output
    const content = { output, toolCallId: this.id, ...(isError && { isError }) }
    return [{ type: 'message', messages: [{ id: `${this.id}/result`, type: 'tool_result', content, timestamp: now, ...this.#parent }] }]
  }

  #output(failed: boolean): unknown {
    const { text, diff = this.#askedDiff } = this.#content
    const printed = this.#contentIsOutput ? text : undefined
    const words = printed ?? (this.#terminal.length > 0 ? this.#terminal.toString() : rawOutputText(this.#rawOutput))
    // A change that was refused was not made.
    if (diff === undefined || failed) return words ?? ''
    return typeof words === 'string' && words !== '' ? `${words}\n${diff}` : diff
  }

  #delta(text: string, offset: number): EventBody {
    return { type: 'delta', id: `${this.id}/result`, kind: 'tool_result', text, offset, toolCallId: this.id, ...this.#parent }
  }
}
