/** How long something takes, and the longest that it keeps the thread from everything else meanwhile; in ms. */
export async function heldThread(work: () => Promise<unknown>): Promise<{ readonly ms: number; readonly held: number }> {
  const from = performance.now()
  let [last, held, over] = [from, 0, false]
  const look = (): void => {
    const now = performance.now()
    held = Math.max(held, now - last)
    last = now
    if (!over) setTimeout(look, 0)
  }
  setTimeout(look, 0)
  await work()
  over = true
  const now = performance.now()
  return { ms: Math.round((now - from) * 10) / 10, held: Math.round(Math.max(held, now - last) * 10) / 10 }
}
