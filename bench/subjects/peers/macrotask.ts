/** Resolves when all that waits on promises alone has been done: Node's turn, which costs less than a timer's. */
export const macrotask = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const patience = 200_000

/** Waits for a peer that works through promises of its own. */
export async function until(reached: () => boolean, what: string): Promise<void> {
  for (let turn = 0; !reached(); turn += 1) {
    if (turn > patience) throw new Error(`It never came: ${what}`)
    await macrotask()
  }
}
