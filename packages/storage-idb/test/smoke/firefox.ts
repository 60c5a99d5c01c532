import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saidBy, type DrivenBrowser } from './driven-browser.ts'

interface Answer {
  readonly id?: number
  readonly type: 'success' | 'error' | 'event'
  readonly result?: unknown
  readonly message?: string
}

/** Over WebDriver BiDi, which Firefox speaks by itself. */
export async function launchFirefox(program: string): Promise<DrivenBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'agent-session-firefox-'))
  const firefox = spawn(program, ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile], { env: { ...process.env, HOME: profile } })
  const ended = new Promise((resolve) => firefox.once('exit', resolve))
  const address = await saidBy(firefox, /WebDriver BiDi listening on (ws:\S+)/)
  const socket = new WebSocket(`${address}/session`)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('Firefox does not answer.')))
  })
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer: Answer = JSON.parse(String(data))
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  let asked = 0
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = (asked += 1)
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`)
    return answer.result
  }
  await ask('session.new', { capabilities: {} })
  return {
    name: 'Firefox',
    async open(url) {
      const context = Reflect.get(Object(await ask('browsingContext.create', { type: 'tab' })), 'context')
      await ask('browsingContext.navigate', { context, url, wait: 'complete' })
      return {
        async evaluate(expression) {
          const params = { expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`, target: { context }, awaitPromise: true }
          const outcome = Object(await ask('script.evaluate', params))
          if (outcome.type !== 'success') throw new Error(`${expression}: ${outcome.exceptionDetails?.text}`)
          return JSON.parse(outcome.result.value)
        },
        close: async () => void (await ask('browsingContext.close', { context })),
      }
    },
    async close() {
      firefox.kill()
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
