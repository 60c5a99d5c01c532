// Writes docs/behaviour.md: for each row of behaviour the tests that name it. With --check it writes nothing, and fails
// where the file is not what it would write or a row has no test.

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { root } from './workspace.mjs'

const check = process.argv.includes('--check')
const target = join(root, 'docs/behaviour.md')
const sections = JSON.parse(readFileSync(join(root, 'scripts/behaviour-rows.json'), 'utf8'))

/** A title of a test or of a group of them: the first string of the call, whatever is chained before it. */
const title = /\b(?:test|it|describe)(?:\.\w+(?:\([^()]*\))?)*\s*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g
const eachTitle = /\]\s*\)\s*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g
/** How a title names the rows that it shows. */
const rowName = /\b(?:[BT]\d+|promise \d+)\b/g

const files = globSync('{packages,test,examples}/**/*.test.ts', { cwd: root, exclude: (path) => /(^|[/\\])(node_modules|dist)$/.test(String(path)) })
const tests = new Map()
for (const file of files.map((path) => path.split(sep).join('/')).sort()) {
  const source = readFileSync(join(root, file), 'utf8')
  for (const pattern of [title, eachTitle]) {
    for (const [, , text] of source.matchAll(pattern)) {
      for (const row of new Set(text.match(rowName))) {
        const named = tests.get(row) ?? new Map()
        tests.set(row, named)
        named.set(file, [...(named.get(file) ?? []), text])
      }
    }
  }
}

const missing = []
const lines = [
  '# Which test shows what',
  '',
  'Made by `node scripts/behaviour-table.mjs` from the titles of the tests; `npm test` checks that it is up to date and',
  'that no row is without a test.',
]
for (const [name, rows] of Object.entries(sections)) {
  lines.push('', `## ${name}`, '', '| row | behaviour | shown by |', '| --- | --- | --- |')
  for (const [row, behaviour] of Object.entries(rows)) {
    const shown = [...(tests.get(row) ?? [])].map(([file, titles]) => {
      const link = `[${file.split('/').at(-1)}](${relative(dirname(target), join(root, file)).split(sep).join('/')})`
      return titles.length > 1 ? `${link} (${titles.length})` : link
    })
    if (shown.length === 0) missing.push(row)
    lines.push(`| ${row} | ${behaviour} | ${shown.join(', ') || 'no test'} |`)
  }
}
const text = `${lines.join('\n')}\n`

if (missing.length > 0) {
  console.error(`No test names ${missing.join(', ')}.`)
  process.exitCode = 1
}
if (check) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    console.error('docs/behaviour.md is not up to date. Run: node scripts/behaviour-table.mjs')
    process.exitCode = 1
  } else if (missing.length === 0) console.log('Every row has its test, and docs/behaviour.md says which')
} else {
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}
