import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const folder = new URL('./fixtures/readme/', import.meta.url)

test.each(readdirSync(folder))('the README shows the %s that its test runs', (name) => {
  expect(readme).toContain(`${readFileSync(new URL(name, folder), 'utf8').trim()}\n\`\`\``)
})
