import type { ExpectedEnd } from '@agent-session/core/conformance'
import { completed, failed, type InventedStream } from '../../../test/transports/invented-stream.ts'

const prompt = (content: string): object => ({ _host: 'prompt', message: { role: 'user', content } })
const gave = (name: string, content: unknown): object => ({ _host: 'tool-result', for: { function: { name }, given: content }, message: { role: 'tool', content } })
const chunk = (message: object, more: object = {}): object => ({ model: 'invented:1b', created_at: '2026-11-21T00:00:00Z', message: { role: 'assistant', content: '', ...message }, done: false, ...more })
const last = (more: object = {}, message: object = {}): object => chunk(message, { done: true, done_reason: 'stop', prompt_eval_count: 10, eval_count: 2, ...more })
const call = (name: string, args: unknown, id?: string): object => ({ ...(id !== undefined && { id }), function: { name, arguments: args } })
const one = (name: string, lines: readonly object[], end: ExpectedEnd = completed): InventedStream => ({ name, lines: [prompt('Go on'), ...lines], end })

export const inventedStreams: readonly InventedStream[] = [
  one('everything-in-one-piece', [chunk({ thinking: 'Hm. ', content: 'I look.', tool_calls: [call('look', { at: 'sky' }, 'call_0')] }), chunk({ thinking: 'More.' }), chunk({ content: ' And say.' }), last(), gave('look', 'an owl'), chunk({ content: 'An owl.' }), last()], {
    ...completed,
    inputTokens: 20,
    outputTokens: 4,
  }),
  one('parallel-tools', [
    chunk({ content: 'Three at once.' }),
    chunk({ tool_calls: [call('look', { at: 'a' }, 'call_1'), call('look', { at: 'b' }, 'call_2')] }),
    chunk({ tool_calls: [call('fly', { up: true }, 'call_2'), call('swim', {}, 'call_3')] }),
    last(),
    gave('look', 'a'),
    gave('look', 'b'),
    gave('fly', { up: true }),
    gave('swim', ''),
    chunk({ content: 'Seen.' }),
    last(),
  ]),
  one('the-same-ids-in-each-reply', [1, 2, 3].flatMap((count) => [chunk({ tool_calls: [call(`look ${count}`, { count }, 'call_1')] }), last(), gave(`look ${count}`, `${count}`)]).concat([chunk({ content: 'Thrice.' }), last()])),
  one('nothing-said', [chunk({}), chunk({ content: '', thinking: '' }), chunk({ tool_calls: [] }), chunk({ tool_calls: null }), last({ done_reason: '' })], completed),
  one('impossible-numbers', [chunk({ content: 'Rich.' }), last({ prompt_eval_count: -1, eval_count: 1e308, total_duration: -5, eval_duration: 0 })]),
  one('kinds-of-tomorrow', [
    chunk({ content: 'Here.', hologram: 'an owl', images: ['iVBORw0KGgo='] }),
    chunk({ role: 'oracle', content: ' Truly.' }),
    chunk({ tool_calls: [{ hologram: {} }, call('', {}), 7, call('look', '{"at":"sky"}', 'call_0')] }),
    { dream: 'of sheep' },
    chunk({ content: 7, thinking: ['no text'] }),
    last({ done_reason: 'arrived' }),
    gave('look', 'an owl'),
    last({ done_reason: 'arrived' }),
  ], { status: 'done', endReason: 'arrived' }),
  one('another-model-in-the-middle', [chunk({ content: 'I am one. ' }), chunk({ content: 'I am another.' }, { model: 'other:2b' }), last({ model: 'invented:1b' })]),
  one('ended-twice-and-more-after-it', [chunk({ content: 'Yes.' }), last(), last({ done_reason: 'length' }), chunk({ content: 'By the way.' }), gave('look', 'late')]),
  one('failed-in-the-middle', [chunk({ content: 'Half a sen' }), { _host: 'thrown', name: 'Error', message: '' }], failed),
  one('failed-in-a-tool', [chunk({ tool_calls: [call('look', {}, 'call_0'), call('fly', {}, 'call_1')] }), last(), gave('look', 'an owl'), { _host: 'thrown', name: 'TypeError', message: 'fetch failed', cause: 'ECONNRESET' }], failed),
  one('cut-off-with-everything-open', [chunk({ thinking: 'Hm' }), chunk({ tool_calls: [call('look', {}, 'call_0')] }), chunk({ content: 'Half a sen' })], failed),
]
