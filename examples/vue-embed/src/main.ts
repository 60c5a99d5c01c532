import { agentSessionPlugin } from '@agent-session/adapter-vue'
import { createApp } from 'vue'
import { createStore } from './agent/create-store.ts'
import App from './App.vue'
import { createBoard } from './board/board.ts'
import './style.css'

const board = createBoard(ownStorage())

createApp(App, { board })
  .use(agentSessionPlugin, { store: createStore(board) })
  .mount('#app')

/** Where cookies are blocked, the mere look at it throws. */
function ownStorage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
