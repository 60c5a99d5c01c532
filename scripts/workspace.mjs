// The folders of the workspace, and where its tools are.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

const foldersOf = (parent) =>
  existsSync(join(root, parent))
    ? readdirSync(join(root, parent))
        .map((name) => `${parent}/${name}`)
        .filter((folder) => existsSync(join(root, folder, 'package.json')))
        .sort()
    : []

export const packageFolders = () => foldersOf('packages')
export const exampleFolders = () => foldersOf('examples')

export const manifestOf = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))

/** The script that a tool's command runs: `node <this> …` works on every system, without a shell. */
export function toolScript(name, command = name) {
  let folder = join(root, 'node_modules', name)
  if (!existsSync(folder)) folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}
