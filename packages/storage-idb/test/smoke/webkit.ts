import { spawn } from 'node:child_process'
import { saidBy, type DrivenBrowser } from './driven-browser.ts'

/** WebKitGTK's MiniBrowser, over WebDriver; on a display that is nowhere. */
export async function launchWebKit(program: string, port: number): Promise<DrivenBrowser> {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'])
  const display = `:${await saidBy(screen, /^(\d+)\n/)}`
  const driver = spawn(program, [`--port=${port}`], { env: { ...process.env, DISPLAY: display, GDK_BACKEND: 'x11', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' } })
  const ended = new Promise((resolve) => driver.once('exit', resolve))
  const base = `http://127.0.0.1:${port}`
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${base}${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
    const { value } = Object(await response.json())
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.message ?? value?.error}`)
    return value
  }
  for (let tries = 0; !(await fetch(`${base}/status`).then(() => true, () => false)); tries += 1) {
    if (tries === 100) throw new Error('WebKitWebDriver does not answer.')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { sessionId } = Object(await ask('POST', '/session', { capabilities: {} }))
  const session = `/session/${sessionId}`
  await ask('POST', `${session}/timeouts`, { script: 60_000, pageLoad: 60_000 })
  return {
    name: 'WebKit',
    async open(url) {
      const { handle } = Object(await ask('POST', `${session}/window/new`, { type: 'tab' }))
      const here = (): Promise<unknown> => ask('POST', `${session}/window`, { handle })
      await here()
      await ask('POST', `${session}/url`, { url })
      return {
        async evaluate(expression) {
          await here()
          const script = `const done = arguments[0]; (async () => JSON.stringify(await (${expression})) ?? 'null')().then(done, (thrown) => done('!' + thrown))`
          const told = String(await ask('POST', `${session}/execute/async`, { script, args: [] }))
          if (told.startsWith('!')) throw new Error(`${expression}: ${told.slice(1)}`)
          return JSON.parse(told)
        },
        async close() {
          await here()
          await ask('DELETE', `${session}/window`)
        },
      }
    },
    async close() {
      await ask('DELETE', session).catch(() => {})
      driver.kill()
      await ended
      screen.kill()
    },
  }
}
