import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bench = join(dirname(fileURLToPath(import.meta.url)), '..')
export const root = join(bench, '..')
/** What is built for a run; `dist` is ignored by git and by every check. */
export const built = join(bench, 'dist')
