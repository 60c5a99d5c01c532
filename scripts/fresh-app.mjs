// An app that somebody has just begun: the packages as they would be published in its node_modules, and the programs of
// the READMEs as its sources. What stands in a README must type-check, build and run there as it is.

import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { run } from './run.mjs'
import { inParallel } from './in-parallel.mjs'
import { manifestOf, packageFolders, root, toolScript } from './workspace.mjs'

/** What an app has besides. */
const tools = ['@sveltejs/vite-plugin-svelte', '@types/node', '@vitejs/plugin-vue', 'svelte', 'typescript', 'vite', 'vue']
/** Programs that come to an end without anything beside the packages, and what they say last. */
const runnable = { 'core-1.ts': 'done Hello! I am no model, but I stream.', 'core-3.ts': 'model', 'storage-sqlite-1.ts': "[ 'Remember this', 'Kept.' ]" }

const compilerOptions = { target: 'es2024', lib: ['es2024', 'dom', 'dom.iterable'], types: ['node'], strict: true, noEmit: true, skipLibCheck: false }
// Electrobun itself is no package that could be installed here: the example's stand-in has its shapes.
const paths = { 'electrobun/*': [join(root, 'examples/electrobun-shaped/src/electrobun-stand-in/index.ts')] }
const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext', allowImportingTsExtensions: true },
  bundler: { module: 'preserve', moduleResolution: 'bundler', allowImportingTsExtensions: true },
}

/** The programs of a README: blocks that import something or say what file they are. Anything else is a part of one. */
export function programsIn(readme) {
  const blocks = [...readme.matchAll(/^```(ts|svelte|vue)\n(.*?)^```/gms)].map(([, language, code]) => ({ language, code, name: /^(?:<!--|\/\/) (\w+\.\w+)/.exec(code)?.[1] }))
  return blocks.filter(({ language, code, name }) => language !== 'ts' || name !== undefined || code.startsWith('import '))
}

/** Lays the app out in `folder`; `tarballs` are the packed packages. Gives what is wrong with it, a text each. */
export async function checkFreshApp(folder, tarballs) {
  const failed = []
  const write = (name, text) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), typeof text === 'string' ? text : JSON.stringify(text))
  }
  await install(folder, tarballs)
  write('package.json', { name: 'fresh-app', private: true, type: 'module' })

  const plain = []
  for (const [name, file] of [['root', 'README.md'], ...packageFolders().map((one) => [basename(one), `${one}/README.md`])]) {
    const programs = programsIn(readFileSync(join(root, file), 'utf8'))
    if (programs.length === 0) failed.push(`── ${file}: no program that could be tried as it is`)
    const framework = programs.find(({ language }) => language !== 'ts')?.language
    for (const [index, program] of programs.entries()) {
      // The main file of a Vue app imports its components.
      if (framework === 'vue' || program.language !== 'ts') write(`${framework}/${name}/${program.name ?? 'App.svelte'}`, program.code)
      else plain.push({ name: `${name}-${index + 1}.ts`, code: program.code })
    }
  }
  for (const { name, code } of plain) write(`plain/${name}`, code)
  for (const [name, options] of Object.entries(resolutions)) write(`tsconfig.${name}.json`, { compilerOptions: { ...compilerOptions, ...options, paths }, include: ['plain'] })
  for (const framework of ['svelte', 'vue']) write(`${framework}/tsconfig.json`, { compilerOptions: { ...compilerOptions, ...resolutions.bundler, skipLibCheck: true }, include: ['.'] })
  write('vue/env.d.ts', `declare module '*.vue' {\n  import type { DefineComponent } from 'vue'\n  const component: DefineComponent<{ projectId: string }>\n  export default component\n}\n`)
  write('svelte/main.ts', readdirSync(join(folder, 'svelte')).filter((name) => !name.includes('.')).map((name, index) => `import App${index} from './${name}/App.svelte'\nmount(App${index}, { target: document.body })`).concat(`import { mount } from 'svelte'\n`).join('\n'))
  write('vite.config.js', `import { svelte } from '@sveltejs/vite-plugin-svelte'\nimport vue from '@vitejs/plugin-vue'\nexport default { plugins: [svelte(), vue()], logLevel: 'warn' }\n`)
  const entries = packageFolders().flatMap((one) => {
    const { name, publishConfig } = manifestOf(one)
    // What has a component of Svelte in it is for the app's compiler, and is built with the Svelte programs.
    const forNode = Object.entries(publishConfig.exports).filter(([path, conditions]) => !path.endsWith('.json') && conditions.svelte === undefined)
    return forNode.map(([path]) => join(name, path))
  })
  write('every-entry.mjs', entries.map((entry) => `if (Object.keys(await import('${entry}')).length === 0) throw new Error('${entry} is empty')`).join('\n'))
  write('every-entry.cjs', entries.map((entry) => `if (Object.keys(require('${entry}')).length === 0) throw new Error('${entry} is empty')`).join('\n'))
  for (const framework of ['svelte', 'vue']) write(`${framework}.html`, `<script type="module" src="/${framework}/${framework === 'vue' ? 'adapter-vue/' : ''}main.ts"></script>\n`)

  const tsc = toolScript('typescript', 'tsc')
  const builds = ['svelte', 'vue'].map((framework) => [
    `the ${framework} programs, built`,
    ['--input-type=module', '--eval', `import { build } from 'vite'\nawait build({ root: ${JSON.stringify(folder)}, build: { outDir: 'dist-${framework}', rolldownOptions: { input: '${framework}.html' } } })`],
  ])
  const checks = [
    ...Object.keys(resolutions).map((name) => [`the programs of the READMEs, moduleResolution ${name}`, [tsc, '-p', `tsconfig.${name}.json`]]),
    ['the Svelte programs', [toolScript('svelte-check'), '--workspace', 'svelte', '--tsconfig', './tsconfig.json', '--fail-on-warnings']],
    ['the Vue programs', [toolScript('vue-tsc'), '-p', 'vue/tsconfig.json']],
    ...builds,
    ['every entry, imported', ['every-entry.mjs']],
    ['every entry, required', ['every-entry.cjs']],
    ...Object.entries(runnable).map(([name, lastWords]) => [`plain/${name}, run`, [`plain/${name}`], lastWords]),
  ]
  await inParallel(checks, async ([what, args, lastWords = '']) => {
    const { code, output } = await run(process.execPath, args, { capture: true, cwd: folder })
    if (code !== 0 || !output.trimEnd().endsWith(lastWords)) failed.push(`── a fresh app: ${what}\n${output.trim()}`)
  })
  return { failed, programs: plain.length }
}

/** As npm would: the packed packages, with what each depends on beside them. */
async function install(folder, tarballs) {
  const modules = join(folder, 'node_modules')
  const link = (name, from) => {
    const target = join(modules, name)
    if (existsSync(target) || !existsSync(from)) return
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(realpathSync(from), target, 'junction')
  }
  for (const [one, tarball] of tarballs) {
    const { name, dependencies = {}, peerDependencies = {} } = manifestOf(one)
    const target = join(modules, name)
    mkdirSync(target, { recursive: true })
    const { code, output } = await run('tar', ['-xf', tarball, '-C', target, '--strip-components=1'], { capture: true })
    if (code !== 0) throw new Error(`${tarball} could not be unpacked: ${output}`)
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (!dependency.startsWith('@agent-session/')) link(dependency, join(root, one, 'node_modules', dependency))
    }
  }
  for (const tool of tools) link(tool, join(root, 'node_modules', tool))
}
