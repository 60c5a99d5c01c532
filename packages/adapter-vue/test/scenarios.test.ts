import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const scenariosOf = (adapter: string) => readFileSync(new URL(`../../${adapter}/test/scenarios.ts`, import.meta.url), 'utf8')

test('both adapters are held to the same scenarios', () => {
  expect(scenariosOf('adapter-vue')).toBe(scenariosOf('adapter-svelte'))
})
