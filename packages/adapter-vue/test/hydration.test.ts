import vue from '@vitejs/plugin-vue'
import { join } from 'node:path'
import { describe } from 'vitest'
import { hydrationTests } from '../../../test/hydration-tests.ts'

describe('a page that vue/server-renderer rendered', () => {
  hydrationTests(join(import.meta.dirname, 'hydration'), 'Row.vue', () => vue())
})
