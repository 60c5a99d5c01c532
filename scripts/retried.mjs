import { isStopping, run } from './run.mjs'

/** What a registry or a line says that may be well the next time. */
const PASSING = /\b(?:ECONN\w+|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EPIPE|ERR_SOCKET\w*|\w*FETCH_\w+|ERR_PNPM_TARBALL_\w+|EINTEGRITY)\b|socket hang up|network|timed? ?out|\b(?:429|50[0-4])\b/i

/** As `run` with `capture`, and again after a pause (in ms) where what failed was a download. */
export async function retried(command, args, { pauses = [3_000, 15_000], ...options } = {}) {
  for (const pause of pauses) {
    const done = await run(command, args, { ...options, capture: true })
    if (done.code === 0 || isStopping() || !PASSING.test(done.output)) return done
    console.error(`${command} could not get something; once more in ${pause / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, pause))
    if (isStopping()) return done
  }
  return run(command, args, { ...options, capture: true })
}
