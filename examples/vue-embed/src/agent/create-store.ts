import { animationFrame } from '@agent-session/adapter-vue'
import { createAgentStore, type AgentStore, pageLifecycle } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createIdbStorage } from '@agent-session/storage-idb'
import type { Board } from '../board/board.ts'
import { boardAgent } from './board-agent.ts'

export const projectId = 'launch-board'

/**
 * The store lives in this page: sessions are kept in IndexedDB, notices come with the frames. In place of the scripted
 * transport goes the way to a real agent; nothing else of the app changes.
 */
export function createStore(board: Board): AgentStore {
  const transport = createScriptedTransport({ script: boardAgent(board) })
  return createAgentStore({ transport, storage: createIdbStorage({ name: 'launch-board' }), lifecycle: pageLifecycle, schedule: animationFrame })
}
