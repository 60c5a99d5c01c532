/** Numbers that follow from a seed alone (mulberry32): the same seed tells the same story on every machine. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** From 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }
}

/** One of the choices that there are, by a number that was drawn before they were known. */
export function pick<Choice>(choices: readonly Choice[], drawn: number): Choice | undefined {
  return choices[drawn % Math.max(1, choices.length)]
}
