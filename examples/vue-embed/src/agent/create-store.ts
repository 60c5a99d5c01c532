import { animationFrame } from '@agent-session/adapter-vue'
import { createAgentStore, type AgentStore, pageLifecycle } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createIdbStorage } from '@agent-session/storage-idb'
import type { Board } from '../board/board.ts'
import { boardAgent } from './board-agent.ts'

/**
 * The store lives in this page: sessions are kept in IndexedDB, notices come with the frames. In place of the scripted
 * transport goes the way to a real agent; nothing else of the app changes.
 */
export const createStore = (board: Board): AgentStore =>
  createAgentStore({
    transport: createScriptedTransport({ script: boardAgent(board) }),
    storage: createIdbStorage({ name: 'launch-board' }),
    lifecycle: pageLifecycle,
    schedule: animationFrame,
  })
