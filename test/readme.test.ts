import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the README shows the component that its test runs', () => {
  expect(text('../README.md')).toContain(`\`\`\`svelte\n${text('./readme/FirstLook.svelte')}\`\`\``)
})
