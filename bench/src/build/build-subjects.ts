import { join } from 'node:path'
import { build } from 'vite'
import { bench, built } from '../paths.ts'
import { subjects } from '../subjects.ts'
import { production } from './production.ts'

/** Where the module of a subject is once it is built. */
export const subjectModule = (name: string): string => join(built, 'subjects', `${name}.js`)

/** Not minified, so that a profile has names: that changes what is loaded, and not what runs. */
export async function buildSubjects(): Promise<void> {
  const entry = Object.fromEntries(Object.entries(subjects).map(([name, { entry }]) => [name, join(bench, 'subjects', entry)]))
  await build({
    ...production(),
    build: {
      outDir: join(built, 'subjects'),
      emptyOutDir: true,
      copyPublicDir: false,
      target: 'es2023',
      minify: false,
      lib: { entry, formats: ['es'] },
    },
  })
}
