import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Measured, Measurement } from './child/measurement.ts'
import { bench } from './paths.ts'
import type { ProfileLine } from './profile-line.ts'

interface Answer {
  readonly measured?: Measured
  readonly profile?: ProfileLine[]
  readonly error?: string
}

/** Asks a new process. */
export async function measureInProcess(ask: Measurement): Promise<Measured> {
  const { measured } = await inProcess(ask, false)
  if (measured === undefined) throw new Error('The process gave no measurement.')
  return measured
}

export async function profileInProcess(ask: Measurement): Promise<ProfileLine[]> {
  return (await inProcess(ask, true)).profile ?? []
}

function inProcess(ask: Measurement, profiled: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(join(bench, 'src/child/main.ts'), {
      execArgv: ['--expose-gc', '--max-old-space-size=6144'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    child.once('message', (answer: Answer) => {
      if (answer.error === undefined) resolve(answer)
      else reject(new Error(`${JSON.stringify(ask)}\n${answer.error}`))
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The process ended with ${code}: ${JSON.stringify(ask)}`)))
    child.send({ ask, profiled })
  })
}
