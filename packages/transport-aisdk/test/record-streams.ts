// Records what real back ends send: `node --conditions=agent-session-source test/record-streams.ts FOLDER VERSION…`.
// FOLDER has the SDK's versions below it (`FOLDER/v7/node_modules/ai`). Each file of `fixtures/` is one conversation.

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createAiSdkTransport } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'
import { serveBackEnd } from './real-back-end.mjs'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

const common = ['text', 'tool', 'two-tools', 'tool-error', 'tool-invalid', 'tool-progress', 'client-tool', 'dynamic-tool', 'provider-tool', 'sources', 'data', 'merged', 'error-mid', 'error-first', 'server-abort', 'cut', 'stop', 'length', 'multi-turn']
const scenarios: Readonly<Record<string, readonly string[]>> = {
  v5: common,
  v6: [...common, 'approval-allow', 'approval-deny', 'two-approvals'],
  v7: [...common, 'approval-allow', 'approval-deny', 'two-approvals', 'automatic-approval', 'custom'],
}

async function record(folder: string, version: string, name: string): Promise<string[]> {
  const entry = (path: string): string => pathToFileURL(`${folder}/${version}/node_modules/ai/dist/${path}`).href
  const extension = version === 'v7' ? 'js' : 'mjs'
  const sdk = { ai: await import(entry(`index.${extension}`)), test: await import(entry(`test/index.${extension}`)) }
  const backEnd = await serveBackEnd(sdk, name.replace(/-(?:allow|deny)$/, ''))
  const lines: string[] = []
  const host = (line: object): void => void lines.push(JSON.stringify(line))
  let pending = ''
  const transport = createAiSdkTransport({
    api: backEnd.api,
    async fetch(input, init) {
      const response = await fetch(input, init)
      host({ _host: 'request' })
      const tap = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          pending += new TextDecoder().decode(chunk)
          const events = pending.split('\n\n')
          pending = events.pop() ?? ''
          for (const event of events) {
            const data = event.replace(/^data: /, '')
            if (!event.startsWith(':')) lines.push(data === '[DONE]' ? '{"_host":"done"}' : data)
          }
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(tap), response)
    },
    onToolCall: ({ toolCallId }) => {
      host({ _host: 'end' })
      host({ _host: 'tool-output', toolCallId, output: { city: 'Paris' } })
      return { city: 'Paris' }
    },
  })
  const heard = new HeardEvents(transport)
  let asked = 0
  transport.subscribe((event) => {
    if (event.type !== 'permission') return
    asked += 1
    const optionId = name.endsWith('deny') || asked === 2 ? 'reject' : 'allow'
    // The answer comes when the stream has ended, as a person's would.
    setTimeout(() => {
      if (asked === 1 || optionId === 'reject') host({ _host: 'end' })
      host({ _host: 'answer', requestId: event.request.id.replace(/^run-\d+/, 'RUN'), optionId })
      void transport.respond({ sessionId: 'session', requestId: event.request.id, optionId })
    }, 50 * asked)
  })
  const prompts = name === 'multi-turn' ? ['First', 'Second'] : ['Hello']
  for (const [index, prompt] of prompts.entries()) {
    const run = `run-${index + 1}`
    host({ _host: 'prompt', text: prompt })
    const command = { sessionId: 'session', run, prompt, messageId: `prompt-${index + 1}` }
    const session = { projectId: 'project', provider: 'aisdk' }
    const reply = await (index === 0 ? transport.start({ ...command, ...session }) : transport.prompt({ ...command, session }))
    if (!reply.ok) throw new Error(`${version} ${name}: ${reply.error}`)
    if (name === 'stop') {
      await heard.until(({ type }) => type === 'delta')
      host({ _host: 'stop' })
      await transport.stop({ sessionId: 'session', run })
    }
    if (name === 'cut') {
      await heard.until(({ type }) => type === 'delta')
      backEnd.hangUp()
    }
    const { status, reason, error } = await heard.end(run)
    host({ _host: 'end' })
    console.log(`${version} ${name}: ${status} ${reason ?? error ?? ''}`)
  }
  await transport.close()
  await backEnd.close()
  return lines
}

const [folder = '', ...versions] = process.argv.slice(2)
for (const version of versions) {
  mkdirSync(`${fixtures}${version}`, { recursive: true })
  for (const name of scenarios[version] ?? []) writeFileSync(`${fixtures}${version}/${name}.jsonl`, `${(await record(folder, version, name)).join('\n')}\n`)
}
