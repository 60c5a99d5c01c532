import { BoundedOutput } from '../bounded-output.ts'
import type { CommandEnd } from '../command.ts'
import { textContent } from '../conversation.ts'
import type { OrderOf } from '../orders.ts'
import { Throttle } from '../throttle.ts'
import { ToolFailure } from '../tool-failure.ts'
import type { ToolCallInTurn } from '../tool-call.ts'
import type { ActiveTurn } from '../turn.ts'
import type { World } from './world.ts'

/** How often the output that has come so far is shown. */
const SHOW_EVERY_MS = 100
/** What is kept of the beginning and of the end of the output, in characters. */
const KEPT_OUTPUT = 16_000

export async function run({ command }: OrderOf<'run'>, turn: ActiveTurn, world: World): Promise<void> {
  const ran = await turn.useTool<string>(
    { title: command, name: 'run_command', kind: 'execute', rawInput: { command }, needs: 'run' },
    async (tool) => {
      const { end, output, timedOut } = await watch(command, tool, turn.signal, world)
      const how = howItEnded(end, timedOut, world.runLimitMs)
      return {
        status: end.exitCode === 0 ? 'completed' : 'failed',
        content: [textContent(shown(output))],
        rawOutput: { ...end, output: output.text(), truncated: output.truncated, timedOut },
        value: how,
      }
    },
  )
  await turn.say(ran.done ? `The command ${ran.value}.` : `I did not run it: ${ran.reason}`)
}

async function watch(
  command: string,
  tool: ToolCallInTurn,
  signal: AbortSignal,
  { commands, sandbox, runLimitMs }: World,
): Promise<{ end: CommandEnd; output: BoundedOutput; timedOut: boolean }> {
  const output = new BoundedOutput(KEPT_OUTPUT)
  const shower = new Throttle(SHOW_EVERY_MS, () => tool.show([textContent(output.text())]))
  const running = commands.start(command, sandbox.root, (text) => {
    output.push(text)
    shower.request()
  })
  let timedOut = false
  const limit = setTimeout(() => {
    timedOut = true
    running.kill()
  }, runLimitMs)
  signal.addEventListener('abort', running.kill, { once: true })
  try {
    const end = await running.ended.catch((cause: unknown) => {
      throw new ToolFailure(`the shell could not be started: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      })
    })
    await shower.stop()
    if (signal.aborted && output.text() !== '') await tool.show([textContent(output.text())])
    signal.throwIfAborted()
    return { end, output, timedOut }
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', running.kill)
    await shower.stop()
  }
}

function shown(output: BoundedOutput): string {
  return output.text() || '(no output)'
}

function howItEnded({ exitCode, signal }: CommandEnd, timedOut: boolean, limitMs: number): string {
  if (timedOut) return `was stopped: it took longer than ${limitMs / 1000} s`
  return exitCode === null ? `was ended by the signal ${signal}` : `ended with exit code ${exitCode}`
}
