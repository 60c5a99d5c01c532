import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { notPossible, StartError } from './start-error.ts'

export interface PageFile {
  readonly body: Buffer
  readonly type: string
  /** The build puts a hash of the content into the names of these, so that they never change. */
  readonly immutable: boolean
  readonly etag: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/**
 * The built page, by the paths that a browser asks for. Read once: what is not in this table cannot be asked for, so that
 * no path leads out of the folder.
 */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = new Map<string, PageFile>()
  for (const entry of entries) {
    const type = types[path.extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const file = path.join(entry.parentPath, entry.name)
    const body = await readFile(file)
    const url = `/${path.relative(folder, file).split(path.sep).join('/')}`
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    files.set(url, { body, type, immutable: url.startsWith('/assets/'), etag })
  }
  const index = files.get('/index.html')
  if (index === undefined) {
    throw new StartError(`The page is not built: there is no index.html in ${folder}.\nRun npm start, which builds it, or vite build in examples/console.`, notPossible)
  }
  return files.set('/', index)
}
