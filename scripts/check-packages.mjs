// Packs every package as it would be published, has publint and attw look at what a user would get, and tries it in a
// fresh app with what the READMEs show.

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { checkFreshApp } from './fresh-app.mjs'
import { inParallel } from './in-parallel.mjs'
import { run } from './run.mjs'
import { packageFolders, root, toolScript } from './workspace.mjs'

const failed = []
const tarballs = []
const out = realpathSync(mkdtempSync(join(tmpdir(), 'agent-session-pack-')))

async function check(folder) {
  const target = join(out, 'packed', basename(folder))
  mkdirSync(target, { recursive: true })
  const packed = await run('pnpm', ['pack', '--pack-destination', target], { capture: true, cwd: join(root, folder) })
  const [tarball] = readdirSync(target)
  if (packed.code !== 0 || !tarball) return failed.push(`── ${folder}: pnpm pack\n${packed.output.trim()}`)
  const file = join(target, tarball)
  tarballs.push([folder, file])
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
}

try {
  const folders = packageFolders()
  await inParallel(folders, check)
  if (failed.length === 0) {
    const app = await checkFreshApp(join(out, 'app'), tarballs)
    failed.push(...app.failed)
    console.log(`${folders.length} packages can be published as they are, and ${app.programs} programs of their READMEs work in a fresh app`)
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
if (failed.length > 0) {
  console.error(failed.join('\n\n'))
  process.exit(1)
}
