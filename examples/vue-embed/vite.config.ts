import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [vue()],
  // Only within this repository: the packages are taken from their source, so that nothing has to be built before.
  resolve: { conditions: ['agent-session-source', ...defaultClientConditions] },
})
