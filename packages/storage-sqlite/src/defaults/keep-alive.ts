/**
 * Keeps the process from ending while something waits for its turn; call what it gives when that is over. The timers of
 * a clock keep none alive, and a script that awaits its last save would end before it.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 60_000)
  return () => clearInterval(timer)
}
