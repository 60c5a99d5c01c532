/** A message as every subject gets it before the measuring begins. */
export interface HeldMessage {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** The texts are flat strings of their own, as JSON from a wire gives them: shared ones would cost no memory. */
export function heldMessages(count: number, characters: number): HeldMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const filling = `${index} of a long conversation. `.repeat(Math.ceil(characters / 20)).slice(0, characters)
    const wire = JSON.stringify({ id: `held-${index}`, role: index % 2 === 0 ? 'user' : 'assistant', content: filling })
    const message: HeldMessage = JSON.parse(wire)
    return message
  })
}
