// Answers each line with what it heard, its arguments and one of its variables. `ignores-hints`: does not end by itself.
// `leaves-another`: ends with its input, and leaves something that has left its group and holds its pipes open.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const [, , ...args] = process.argv
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
if (args.includes('fails')) {
  process.stderr.write('\u001b[31mno moon tonight\u001b[0m\n')
  process.exit(4)
}
if (args.includes('ignores-hints')) for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => say({ signal }))
const other = args.includes('leaves-another') ? spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' }).pid : undefined
say({ args, other, note: process.env.NOTE ?? null, pid: process.pid })
createInterface({ input: process.stdin })
  .on('line', (heard) => say({ heard }))
  .on('close', () => (args.includes('ignores-hints') ? setInterval(() => {}, 1_000) : process.exit(0)))
