import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transportCases, type TransportScene, type TransportSetup, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { type AcpLink, type ConnectAgent, createAcpTransport } from '../src/index.ts'
import { stdioAgents } from '../src/stdio/index.ts'
import { newFolder } from './agents.ts'

const sceneAgent = fileURLToPath(new URL('./scene-agent.mjs', import.meta.url))

/** Links that have not ended. */
function counted(connect: ConnectAgent): { connect: ConnectAgent; open: Set<AcpLink> } {
  const open = new Set<AcpLink>()
  return {
    open,
    connect: async (request) => {
      const link = await connect(request)
      open.add(link)
      void link.ended.then(() => open.delete(link))
      return link
    },
  }
}

function onStdio(scene: TransportScene, folder = newFolder()): TransportUnderTest {
  const clock = createManualClock()
  const command = scene === 'refuses' ? 'no-such-agent-program' : process.execPath
  const { connect, open } = counted(stdioAgents({ agents: { agent: { command, args: [sceneAgent, scene, folder] } } }))
  return {
    transport: createAcpTransport({ connect, clock }),
    leftovers: () => [...Array.from({ length: clock.pending }, () => 'a timer'), ...[...open].map(() => 'an agent')],
    reopen: () => onStdio(scene, folder),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

const setup: TransportSetup = { open: (scene) => onStdio(scene) }

describe('agents on stdio, as a transport', () => {
  for (const { name, run } of transportCases) test(name, () => run(setup))
})
