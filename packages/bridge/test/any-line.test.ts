import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compared, createHost, createMirror, type HostScene } from './bridge-scene.ts'
import type { TestLine } from './test-line.ts'

type Run = { readonly sessionId: string; readonly run: string }

/** What an agent or a person may do to the host's store. */
const deed = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start'), project: fc.constantFrom('a', 'b') }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('delta'), of: fc.nat(3), id: fc.constantFrom('d1', 'd2', 'd3'), text: fc.string({ maxLength: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('message'), of: fc.nat(3), id: fc.constantFrom('w1', 'w2', 'w3', 'w4', 'w5', 'w6'), text: fc.string({ maxLength: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retract'), of: fc.nat(3), id: fc.constantFrom('w1', 'w2', 'd1') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tool'), of: fc.nat(3), id: fc.constantFrom('t1', 't2') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ask'), of: fc.nat(3), id: fc.constantFrom('q1', 'q2') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cost'), of: fc.nat(3), tokens: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('done', 'error', 'prompt', 'stop', 'select', 'clear', 'purge', 'rename'), of: fc.nat(3) }) },
)

/** What a line may do to what travels on it, and who may come and go. */
const fault = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver'), at: fc.nat(5), toHost: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('drop', 'repeat'), at: fc.nat(5), toHost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('down', 'up', 'reconnect', 'restart', 'wait', 'deliver all') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('mirror opens', 'mirror prompts', 'mirror reads'), of: fc.nat(3) }) },
)

type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never
type Fault = typeof fault extends fc.Arbitrary<infer One> ? One : never

async function carryOut(host: HostScene, runs: Run[], step: Deed): Promise<void> {
  if (!('of' in step)) return void runs.push(await host.start('project' in step ? step.project : 'a'))
  const about = runs[step.of % Math.max(1, runs.length)]
  if (about === undefined) return
  const { store, transport } = host
  const id = 'id' in step ? step.id : ''
  switch (step.do) {
    case 'delta':
      return transport.emit({ ...about, type: 'delta', id, kind: 'text', text: 'text' in step ? step.text : '' })
    case 'message':
      return transport.emit({ ...about, type: 'message', messages: [{ id, type: 'text', content: { text: 'text' in step ? step.text : '' }, timestamp: 1 }] })
    case 'retract':
      return transport.emit({ ...about, type: 'retract', ids: [id] })
    case 'tool':
      return transport.emit({ ...about, type: 'message', messages: [{ id, type: 'tool_call', content: { name: 'ls', input: {}, toolCallId: id }, timestamp: 1 }] })
    case 'ask':
      return transport.emit({ ...about, type: 'permission', request: { id, title: 'May I?', options: [{ id: 'y', label: 'Yes', kind: 'allow_once' }] } })
    case 'cost':
      return transport.emit({ ...about, type: 'cost', inputTokens: 'tokens' in step ? step.tokens : 0, outputTokens: 1 })
    case 'done':
      return transport.emit({ ...about, type: 'status', status: 'done' })
    case 'error':
      return transport.emit({ ...about, type: 'status', status: 'error', error: 'no luck' })
    case 'prompt':
      return void store.promptSession(about.sessionId, 'Go on.')
    case 'stop':
      return void store.stopSession(about.sessionId)
    case 'select':
      return void store.select(store.findSession(about.sessionId)?.projectId ?? 'a', about.sessionId)
    case 'clear':
      return void store.clear('a')
    case 'rename':
      return void store.rename(about.sessionId, store.findSession(about.sessionId)?.title === undefined ? 'named' : '')
    case 'purge':
      return void store.purge(about.sessionId)
  }
}

function mishandle(line: TestLine, step: { readonly do: string; readonly at: number; readonly toHost: boolean }): void {
  const direction = step.toHost ? 'toHost' : 'toMirror'
  const count = line.waiting[direction].length
  if (count === 0) return
  const index = step.at % count
  if (step.do === 'drop') line.drop(direction, index)
  else line.deliver(direction, index, step.do === 'repeat')
}

describe('whatever the line does', () => {
  it('ends with the mirror showing what the host has', async () => {
    let resumes = 0
    let snapshots = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(deed, fault), { minLength: 10, maxLength: 120 }), fc.boolean(), async (steps, reconnectsAtEnd) => {
        const host = createHost()
        const clock = host.clock
        let serving = host
        const runs: Run[] = []
        const scene = createMirror(host, { serve: { pageSize: 4 } })
        const { line, mirror } = scene
        const errors: string[] = []
        mirror.on('error', ({ message }) => errors.push(message))
        line.held = true
        const revisions = new Map<string, number>()
        let epoch = ''
        mirror.on('change', (change) => {
          // Within a store revisions never fall: nothing is applied twice or out of order.
          if (change.epoch === epoch) expect(change.revision).toBeGreaterThanOrEqual(revisions.get('last') ?? 0)
          epoch = change.epoch
          revisions.set('last', change.revision)
        })
        const known = (of: number): Run | undefined => runs[of % Math.max(1, runs.length)]
        const isFault = (step: Deed | Fault): step is Fault => 'at' in step || /^(down|up|reconnect|restart|wait|deliver all|mirror .*)$/.test(step.do)

        for (const step of steps) {
          if (!isFault(step)) await carryOut(serving, runs, step)
          else if ('at' in step) mishandle(line, step)
          else if ('of' in step) {
            const about = known(step.of)
            if (about === undefined) continue
            if (step.do === 'mirror opens') mirror.openSession(about.sessionId).catch(() => {})
            else if (step.do === 'mirror reads') mirror.findSession(about.sessionId)?.loadOlder(3).catch(() => {})
            else void mirror.promptSession(about.sessionId, 'From the window.')
          } else if (step.do === 'down') line.down()
          else if (step.do === 'up') line.up()
          else if (step.do === 'wait') await clock.advance(3_000)
          else if (step.do === 'deliver all') await line.deliverAll()
          else {
            line.down()
            scene.stopServing()
            if (step.do === 'restart') {
              serving = createHost({ clock })
              runs.length = 0
            }
            scene.serve(serving.store)
            line.up()
          }
          await Promise.resolve()
        }

        if (reconnectsAtEnd) line.down()
        line.held = false
        if (reconnectsAtEnd || line.mirror.line === 'down') line.up()
        await line.deliverAll()
        // Long enough for a hello that was lost, and for the check that finds what nothing told of.
        await clock.advance(90_000)
        await line.deliverAll()
        const { owner, mirror: shown } = compared(serving.store, mirror)
        expect(errors).toEqual([])
        expect(shown).toEqual(owner)
        expect(mirror.connection).toEqual(serving.store.connection)
        expect(mirror.snapshot().revision).toBe(serving.store.snapshot().revision)
        resumes += line.sent.toMirror.filter(({ t, answer }) => t === 'changes' && answer !== undefined).length
        snapshots += line.sent.toMirror.filter(({ t }) => t === 'snapshot').length
        await mirror.dispose()
      }),
      { numRuns: 300 },
    )
    // Both ways back were taken.
    expect(resumes).toBeGreaterThan(100)
    expect(snapshots).toBeGreaterThan(300)
  }, 60_000)
})
