/** A message of any of the peers, as far as a list shows it. */
export interface ShownRow {
  readonly id: string
  readonly content?: unknown
  readonly parts?: readonly { readonly type: string; readonly text?: unknown; readonly content?: unknown }[]
}

/** The text of its last part, or its own. */
export function textOfRow({ parts, content }: ShownRow): string {
  const part = parts?.at(-1)
  const text = part ? (part.text ?? part.content) : content
  return typeof text === 'string' ? text : ''
}
