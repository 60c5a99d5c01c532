import { copyFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'
import { library } from '../../scripts/tsup-library.ts'

export default defineConfig(library({
  entry: {
    index: 'src/index.ts',
    'devtools/index': 'src/devtools/index.ts',
  },
  // The component goes as it is: the app compiles it, for its own version of Svelte.
  external: [/\.svelte$/],
  onSuccess: () => copyFile('src/devtools/Overlay.svelte', 'dist/devtools/Overlay.svelte'),
}))
