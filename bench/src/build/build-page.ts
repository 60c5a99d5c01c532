import { join } from 'node:path'
import { build } from 'vite'
import { bench, built } from '../paths.ts'
import { production } from './production.ts'

export const pageFolder = join(built, 'page')

/** `named`: not minified, for a profile. */
export async function buildPage(named = false): Promise<void> {
  await build({
    ...production(),
    root: join(bench, 'page'),
    base: './',
    build: {
      outDir: pageFolder,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false,
      reportCompressedSize: false,
      ...(named && { minify: false }),
    },
  })
}
