// A page that a server renders and a browser hydrates, as SvelteKit and Nuxt do: one Vite server has both halves, and both
// are in the framework's development mode, which tells of mismatches.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright'
import { createServer, defaultClientConditions, defaultServerConditions, type PluginOption, type ViteDevServer } from 'vite'
import type { Rendered } from './rendered-store.ts'

const pageOf = ({ body, snapshot }: Rendered): string => `<!doctype html>
<link rel="icon" href="data:," />
<div id="app">${body}</div>
<script type="application/json" id="snapshot">${JSON.stringify(snapshot).replaceAll('<', '\\u003c')}</script>
<script type="module" src="/client.ts"></script>
`

/** What a test does to a server that runs. */
interface State {
  readonly edits: { readonly file: string; readonly from: string; readonly to: string }[]
  spoil: (page: string) => string
}

/** A server with `server.ts` (`render(prompt)`) and `client.ts` of a folder, and a browser. */
export class RenderingServer {
  readonly vite: ViteDevServer
  readonly #browser: Browser
  readonly #cache: string
  readonly #state: State

  private constructor(vite: ViteDevServer, browser: Browser, cache: string, state: State) {
    this.vite = vite
    this.#browser = browser
    this.#cache = cache
    this.#state = state
  }

  static async open(root: string, plugins: PluginOption[]): Promise<RenderingServer> {
    const state: State = { edits: [], spoil: (page) => page }
    const cache = await mkdtemp(join(tmpdir(), 'rendering-server-'))
    const vite = await createServer({
      root,
      configFile: false,
      logLevel: 'error',
      cacheDir: cache,
      appType: 'custom',
      plugins: [
        {
          name: 'edits-files',
          enforce: 'pre',
          transform: (code, id) => state.edits.filter(({ file }) => id.endsWith(file)).reduce((text, { from, to }) => text.replace(from, to), code),
        },
        ...plugins,
        {
          name: 'renders-pages',
          configureServer(server) {
            server.middlewares.use('/page', (request, response, next) => {
              const prompt = new URL(request.url ?? '', 'http://page.test').searchParams.get('prompt') ?? ''
              render(server, prompt)
                .then((rendered) => server.transformIndexHtml('/page', state.spoil(pageOf(rendered))))
                .then((page) => response.setHeader('content-type', 'text/html').end(page), next)
            })
          },
        },
      ],
      resolve: { conditions: ['agent-session-source', ...defaultClientConditions] },
      ssr: { resolve: { conditions: ['agent-session-source', ...defaultServerConditions] }, noExternal: [/^@agent-session\//] },
      // What is found late reloads the page in the middle of a test.
      optimizeDeps: { noDiscovery: true },
      server: { port: 0, host: '127.0.0.1', fs: { strict: false } },
    })
    await vite.listen()
    const executablePath = process.env['CHROMIUM_BIN']
    const browser = await chromium.launch({ args: ['--no-sandbox', '--disable-gpu'], ...(executablePath !== undefined && { executablePath }) })
    return new RenderingServer(vite, browser, cache, state)
  }

  /** As `fetch` would have it. */
  render(prompt: string): Promise<Rendered> {
    return render(this.vite, prompt)
  }

  /** A visit: the rendered page, hydrated. `problems` is all that it said on the console, and what it threw. `spoil` changes what comes from the server. */
  async visit(prompt: string, spoil: (page: string) => string = (page) => page): Promise<{ page: Page; problems: readonly string[] }> {
    const page = await this.#browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text())
    })
    this.#state.spoil = spoil
    const failed = new Promise((resolve) => page.once('pageerror', resolve))
    await page.goto(`${this.vite.resolvedUrls?.local[0]}page?prompt=${encodeURIComponent(prompt)}`)
    await Promise.race([page.waitForFunction('globalThis.hydrated === true'), failed])
    return { page, problems }
  }

  /** A component, by the end of its file's name, has `from` replaced by `to`: as if somebody saved it in the editor. */
  async edit(file: string, from: string, to: string): Promise<void> {
    this.#state.edits.push({ file, from, to })
    const known = [...this.vite.environments.client.moduleGraph.idToModuleMap.values()]
    const edited = known.find(({ id }) => id?.endsWith(file))
    if (edited === undefined) throw new Error(`No page has loaded ${file}.`)
    await this.vite.environments.client.reloadModule(edited)
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.vite.close()
    await rm(this.#cache, { recursive: true, force: true })
  }
}

async function render(vite: ViteDevServer, prompt: string): Promise<Rendered> {
  const server = await vite.ssrLoadModule('/server.ts')
  return server['render'](prompt)
}
