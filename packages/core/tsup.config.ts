import { defineConfig } from 'tsup'
import { library } from '../../scripts/tsup-library.ts'

export default defineConfig(library({
  entry: {
    index: 'src/index.ts',
    'testing/index': 'src/testing/index.ts',
    'conformance/index': 'src/conformance/index.ts',
    'replica/index': 'src/replica/index.ts',
    'transport/index': 'src/transport/index.ts',
    'recording/index': 'src/recording/index.ts',
    'transfer/index': 'src/transfer/index.ts',
    'registry/index': 'src/registry/index.ts',
    'devtools/index': 'src/devtools/index.ts',
  },
}))
