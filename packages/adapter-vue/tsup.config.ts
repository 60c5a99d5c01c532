import { defineConfig } from 'tsup'
import { library } from '../../scripts/tsup-library.ts'

export default defineConfig(library({
  entry: {
    index: 'src/index.ts',
    'devtools/index': 'src/devtools/index.ts',
  },
}))
