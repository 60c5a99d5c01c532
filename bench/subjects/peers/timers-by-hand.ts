/** Takes the place of the global timer for delays of `ms`, so that none is waited for; the rest stay as they are. */
export function timersByHand(ms: number): { elapse(): void } {
  const { setTimeout: real } = globalThis
  const due: (() => void)[] = []
  const byHand = (run: () => void, delay?: number): ReturnType<typeof real> => {
    if ((delay ?? 0) !== ms) return real(run, delay)
    due.push(run)
    return real(() => {}, 0)
  }
  globalThis.setTimeout = Object.assign(byHand, real)
  return {
    elapse() {
      for (const run of due.splice(0)) run()
    },
  }
}
