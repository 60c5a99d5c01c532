/**
 * One field of content that is not to be trusted. Own fields only, so that no prototype ever answers; `undefined` where
 * there is none or the content is no object.
 */
export function field(content: unknown, name: string): unknown {
  if (typeof content !== 'object' || content === null || !Object.hasOwn(content, name)) return undefined
  return Reflect.get(content, name)
}

/** As `field`, where it is text; `undefined` otherwise. */
export function textField(content: unknown, name: string): string | undefined {
  const found = field(content, name)
  return typeof found === 'string' ? found : undefined
}
