// Answers each line with what it heard, its arguments and one of its variables. `ignores-hints`: does not end by itself.

import { createInterface } from 'node:readline'

const [, , ...args] = process.argv
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
if (args.includes('fails')) {
  process.stderr.write('\u001b[31mno moon tonight\u001b[0m\n')
  process.exit(4)
}
if (args.includes('ignores-hints')) for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => say({ signal }))
say({ args, note: process.env.NOTE ?? null, pid: process.pid })
createInterface({ input: process.stdin })
  .on('line', (heard) => say({ heard }))
  .on('close', () => (args.includes('ignores-hints') ? setInterval(() => {}, 1_000) : process.exit(0)))
