// Packs every package as it would be published, and has publint and attw look at what a user would get.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inParallel } from './in-parallel.mjs'
import { run } from './run.mjs'
import { packageFolders, root, toolScript } from './workspace.mjs'

const failed = []

async function check(folder) {
  const out = mkdtempSync(join(tmpdir(), 'agent-session-pack-'))
  try {
    const packed = await run('pnpm', ['pack', '--pack-destination', out], { capture: true, cwd: join(root, folder) })
    const [tarball] = readdirSync(out)
    if (packed.code !== 0 || !tarball) return failed.push(`── ${folder}: pnpm pack\n${packed.output.trim()}`)
    const file = join(out, tarball)
    const tools = [
      ['publint', [toolScript('publint'), 'run', file, '--strict']],
      ['attw', [toolScript('@arethetypeswrong/cli', 'attw'), file, '--profile', 'esm-only', '--no-emoji']],
    ]
    for (const [name, args] of tools) {
      const { code, output } = await run(process.execPath, args, { capture: true, cwd: root })
      if (code !== 0) failed.push(`── ${folder}: ${name}\n${output.trim()}`)
    }
    const { output } = await run('tar', ['-xOf', file, 'package/package.json'], { capture: true })
    if (/agent-session-source|"(workspace|catalog):/.test(output)) failed.push(`── ${folder}: what is the workspace's own is left in\n${output}`)
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

const folders = packageFolders()
await inParallel(folders, check)
if (failed.length > 0) {
  console.error(failed.join('\n\n'))
  process.exit(1)
}
console.log(`${folders.length} packages can be published as they are`)
