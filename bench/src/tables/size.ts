import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { build, defaultClientConditions, type Rolldown } from 'vite'
import { production } from '../build/production.ts'
import { built } from '../paths.ts'
import type { ProfileLine } from '../profile-line.ts'
import { short, type Goal, type MakeTable } from '../report/table.ts'

/** What an app would import; the frameworks, and the core for what stands on it, stay outside. */
const imports = [
  { label: 'createAgentStore', code: `export { createAgentStore } from '@agent-session/core'`, goal: 10_000 },
  { label: 'useAgentSession, Svelte', code: `export { useAgentSession } from '@agent-session/adapter-svelte'`, goal: 1_000 },
  { label: 'useAgentSession, Vue', code: `export { useAgentSession } from '@agent-session/adapter-vue'`, goal: 1_000 },
  { label: 'useMessage, Vue', code: `export { useMessage } from '@agent-session/adapter-vue'` },
  { label: 'createIdbStorage', code: `export { createIdbStorage } from '@agent-session/storage-idb'`, goal: 2_500 },
  { label: 'AI SDK, Svelte Chat', code: `export { Chat } from '@ai-sdk/svelte'` },
  { label: 'AI SDK, useChat', code: `export { useChat } from '@ai-sdk/vue'` },
  { label: 'TanStack ChatClient', code: `export { ChatClient } from '@tanstack/ai-client'` },
  { label: 'AG-UI HttpAgent', code: `export { HttpAgent } from '@ag-ui/client'` },
] as const

export const makeSize: MakeTable = async () => {
  const sizes = new Map<string, { minified: number; brotli: number }>()
  for (const { label, code } of imports) sizes.set(label, await sizeOf(code, code.includes('@agent-session/core')))
  const goals: Goal[] = imports.flatMap((item) => {
    if (!('goal' in item)) return []
    const bytes = sizes.get(item.label)?.brotli ?? Number.NaN
    return [{ what: item.label, goal: `at most ${short(item.goal)} B`, measured: `${short(bytes)} B`, reached: bytes <= item.goal }]
  })
  const missed = goals.some(({ what, reached }) => what === 'createAgentStore' && !reached)
  return {
    title: 'Size',
    how:
      'Bytes, minified (Vite, Rolldown, Oxc) and compressed by brotli at its highest, of what an app takes in for that import. Outside: Svelte, ' +
      'Vue, and the core for what stands on it; inside: every other dependency.',
    columns: ['import', 'minified', 'brotli'],
    rows: imports.map(({ label }) => [label, short(sizes.get(label)?.minified ?? 0), short(sizes.get(label)?.brotli ?? 0)]),
    goals,
    remarks: [
      'createAgentStore: when it was 21.0 kB, leaving out every sentence for people made it 19.6, and shortening the name of every field and method besides, the public ones too, 18.0. What is left is what it does; no file has more than a tenth of it. Half could only go with half of what it does, or into chunks that load later, which a store under the clock of a test cannot wait for.',
      'createIdbStorage: 2.4 kB without what several tabs need of it. The lock, its channel and the fence are about 1 kB, search 0.25, the generation id 0.2; they are in it by default, since two tabs without them lose data.',
    ],
    ...(missed && { profiles: [{ of: 'the bytes of createAgentStore, by source file, before they are compressed', lines: await sharesOf(imports[0].code) }] }),
  }
}

async function sizeOf(code: string, isCore: boolean): Promise<{ minified: number; brotli: number }> {
  const chunks = await bundle(code, isCore, [])
  const text = chunks.map((chunk) => chunk.code).join('')
  return { minified: Buffer.byteLength(text), brotli: brotliCompressSync(text).length }
}

/** What of a bundle of the sources each file is, comments and white space left out as well as can be. */
async function sharesOf(code: string): Promise<ProfileLine[]> {
  const chunks = await bundle(code, true, ['agent-session-source'])
  const files = chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).map(([id, module]): [string, number] => [id, (module.code ?? '').replace(/\/\*[^]*?\*\/|\/\/.*|\s+/g, '').length]),
  )
  const total = files.reduce((sum, [, bytes]) => sum + bytes, 0)
  return files
    .sort(([, a], [, b]) => b - a)
    .slice(0, 24)
    .map(([id, bytes]) => ({ name: id.replace(/^.*\/(src|node_modules)\//, ''), share: bytes / total }))
}

async function bundle(code: string, isCore: boolean, conditions: readonly string[]): Promise<Rolldown.OutputChunk[]> {
  const folder = join(built, 'size')
  mkdirSync(folder, { recursive: true })
  const entry = join(folder, 'entry.js')
  writeFileSync(entry, code)
  try {
    const output = await build({
      ...production(),
      resolve: { conditions: [...conditions, ...defaultClientConditions] },
      build: {
        write: false,
        target: 'es2022',
        minify: true,
        lib: { entry, formats: ['es'] },
        // A library is built with its white space, for the sake of those who bundle it; an app is not.
        rolldownOptions: { output: { minify: true }, external: [/^svelte(\/|$)/, /^vue$/, ...(isCore ? [] : [/^@agent-session\/core/])] },
      },
    })
    const bundles = Array.isArray(output) ? output : [output]
    return bundles.flatMap((bundle) => ('output' in bundle ? bundle.output : [])).filter((file) => file.type === 'chunk')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
