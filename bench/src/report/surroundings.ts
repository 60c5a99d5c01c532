import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { findChromium } from '../../../scripts/find-chromium.mjs'
import { bench, root } from '../paths.ts'

const compared = ['svelte', 'vue', '@ai-sdk/svelte', '@ai-sdk/vue', '@tanstack/ai-client', '@ag-ui/client', 'vite']

/** What the numbers belong to: the commit, the machine, the versions. */
export function surroundings(): string[] {
  const [cpu] = cpus()
  return [
    `- Commit ${commit()}`,
    `- ${cpu?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`,
    `- Node ${process.version}, ${version(findChromium())}`,
    `- ${compared.map((name) => `${name} ${manifest(name).version}`).join(', ')}`,
    `- Within these: ai ${manifest('@ai-sdk/svelte').dependencies?.['ai']} (Svelte) and ${manifest('@ai-sdk/vue').dependencies?.['ai']} (Vue)`,
  ]
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'packages', 'pnpm-lock.yaml').split('\n').filter(Boolean)
  return `${git('rev-parse', '--short=12', 'HEAD')}${changed.length > 0 ? `, with ${changed.length} changed files in packages/` : ''}`
}

function manifest(name: string): { readonly version: string; readonly dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(bench, 'node_modules', name, 'package.json'), 'utf8'))
}

function version(chromium: string): string {
  return execFileSync(chromium, ['--version', '--no-sandbox'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
