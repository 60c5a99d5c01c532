import { svelte } from '@sveltejs/vite-plugin-svelte'
import { join } from 'node:path'
import { describe } from 'vitest'
import { hydrationTests } from '../../../test/hydration-tests.ts'

describe('a page that svelte/server rendered', () => {
  hydrationTests(join(import.meta.dirname, 'hydration'), 'Page.svelte', () => svelte({ configFile: false, compilerOptions: { hmr: true } }))
})
