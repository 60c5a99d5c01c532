const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))

/** Waits for what shows by itself, a frame at a time. */
export async function untilShown(shown: () => boolean, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (!shown()) {
    if (performance.now() > end) return false
    await nextFrame()
  }
  return true
}
