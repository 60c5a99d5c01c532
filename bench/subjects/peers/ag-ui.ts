import { EventType, type BaseEvent } from '@ag-ui/client'
import { nothingSeen } from '../readers/seen.ts'
import { piece, type Subject } from '../subject.ts'
import { agUiMessage, agUiText, BenchAgent } from './bench-agent.ts'
import { until } from './macrotask.ts'

export const subject: Subject = {
  async open(held) {
    const seen = nothingSeen()
    const agent = new BenchAgent({ threadId: 'bench', initialMessages: held.map(agUiMessage) })
    agent.subscribe({
      onMessagesChanged({ messages }) {
        seen.notices += 1
        seen.status = agent.isRunning ? 'running' : 'idle'
        seen.count = messages.length
        const last = messages.at(-1)
        seen.characters = last ? agUiText(last).length : 0
      },
    })
    let runs = 0
    let calls = 0
    let characters = 0

    async function begin(): Promise<{ tell: (event: BaseEvent) => void; ended: Promise<unknown>; runId: string }> {
      runs += 1
      agent.source = undefined
      const runId = `run-${runs}`
      const ended = agent.runAgent({ runId })
      await until(() => agent.source?.observed === true, 'the run')
      const tell = (event: BaseEvent): void => agent.source?.next(event)
      const started = { type: EventType.RUN_STARTED, threadId: 'bench', runId }
      tell(started)
      return { tell, ended, runId }
    }

    let tell: ((event: BaseEvent & { [field: string]: unknown }) => void) | undefined
    return {
      seen,
      async deltas(count) {
        if (tell === undefined) {
          tell = (await begin()).tell
          tell({ type: EventType.TEXT_MESSAGE_START, messageId: 'stream', role: 'assistant' })
        }
        for (let index = 0; index < count; index += 1) {
          tell({ type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'stream', delta: piece })
          characters += piece.length
        }
        await until(() => seen.characters === characters, `${characters} characters, ${seen.characters} seen`)
      },
      async turns(count) {
        const run = await begin()
        const tell = (event: BaseEvent & { [field: string]: unknown }): void => run.tell(event)
        for (let index = 0; index < count; index += 1) {
          calls += 1
          const toolCallId = `call-${calls}`
          const messageId = `text-${calls}`
          tell({ type: EventType.TOOL_CALL_START, toolCallId, toolCallName: 'Bash' })
          tell({ type: EventType.TOOL_CALL_ARGS, toolCallId, delta: '{"command":"run"}' })
          tell({ type: EventType.TOOL_CALL_END, toolCallId })
          tell({ type: EventType.TOOL_CALL_RESULT, messageId: `result-${calls}`, toolCallId, content: 'line of output\n' })
          tell({ type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' })
          tell({ type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: piece })
          tell({ type: EventType.TEXT_MESSAGE_END, messageId })
        }
        tell({ type: EventType.RUN_FINISHED, threadId: 'bench', runId: run.runId })
        agent.source?.complete()
        await run.ended
      },
      readAll() {
        let characters = 0
        for (const message of agent.messages) characters += agUiText(message).length
        return characters
      },
    }
  },
}
