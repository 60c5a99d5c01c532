// Puts the lifecycle's tables into ARCHITECTURE.md, as the tests hold them (packages/core/test/lifecycle-table.json).
// With --check it writes nothing, and fails where the file is not what it would write.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './workspace.mjs'

const source = 'packages/core/test/lifecycle-table.json'
const begin = '<!-- lifecycle: made by `node scripts/lifecycle-table.mjs` -->'
const end = '<!-- lifecycle: end -->'

/** As many commands side by side as can be read. */
const widest = 5

/** The document with the tables between its marks. Throws where it has no marks. */
export function withTables(document, { commands, events }) {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`ARCHITECTURE.md has no "${begin}" … "${end}".`)
  const tables = [...inParts(commands), ...inParts(events)].map(tableOf)
  return `${document.slice(0, from)}${begin}\n\n${tables.join('\n\n')}\n\n${document.slice(to)}`
}

function inParts(rows) {
  const names = Object.entries(rows)
  const parts = Math.ceil(names.length / widest)
  const width = Math.ceil(names.length / parts)
  return Array.from({ length: parts }, (_, part) => names.slice(part * width, (part + 1) * width))
}

function tableOf(columns) {
  const states = [...new Set(columns.flatMap(([, cells]) => Object.keys(cells)))]
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(['', ...columns.map(([name]) => name)]),
    line(['---', ...columns.map(() => '---')]),
    ...states.map((state) => line([`**${state}**`, ...columns.map(([, cells]) => cells[state] ?? '–')])),
  ].join('\n')
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const target = join(root, 'ARCHITECTURE.md')
  const before = readFileSync(target, 'utf8')
  const after = withTables(before, JSON.parse(readFileSync(join(root, source), 'utf8')))
  if (!process.argv.includes('--check')) writeFileSync(target, after)
  else if (after === before) console.log('ARCHITECTURE.md shows the lifecycle as it is tested')
  else {
    console.error('The lifecycle in ARCHITECTURE.md is not up to date. Run: node scripts/lifecycle-table.mjs')
    process.exitCode = 1
  }
}
