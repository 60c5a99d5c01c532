/** A process as the row of a lease names it. */
export interface ProcessNames {
  readonly own: string
  /** Whether the process of that name has certainly ended. One of another machine or container is never known to have. */
  isGone(name: string): boolean
}

/** Asked for late, and once: other runtimes than Node may have to ask their user. */
export async function processNames(): Promise<ProcessNames> {
  const [{ hostname }, { readlinkSync }, { default: process }] = await Promise.all([import('node:os'), import('node:fs'), import('node:process')])
  const place = `${hostname()}${namespace(readlinkSync)}`
  return {
    own: `${process.pid}@${place}`,
    isGone(name) {
      const [pid, ...rest] = name.split('@')
      if (rest.join('@') !== place) return false
      try {
        // Signal 0 does nothing but ask.
        process.kill(Number(pid), 0)
        return false
      } catch (thrown) {
        return thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH'
      }
    },
  }
}

/** Containers may have one name and processes of their own, all with the number 1. */
function namespace(readlinkSync: (path: string) => string): string {
  try {
    return `/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Only Linux has namespaces, and says so here.
    return ''
  }
}
