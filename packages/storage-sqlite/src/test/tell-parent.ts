import { writeSync } from 'node:fs'

/** A line to the parent, at once: it is out when this returns, also where the reader has fallen behind. */
export function tellParent(line: string): void {
  for (let bytes = Buffer.from(`${line}\n`); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown
    }
  }
}
