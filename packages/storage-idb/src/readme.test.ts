import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the README shows the example that its browser test runs', () => {
  const example = readFileSync(new URL('../test/readme/first-look.ts', import.meta.url), 'utf8')
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``)
})
