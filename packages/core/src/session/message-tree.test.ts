import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { sampleMessage } from '../../test/reduced-session.ts'
import { messageTree, type MessageNode } from './message-tree.ts'

const call = (id: string, seqId: number, parentId?: string) => sampleMessage(id, seqId, { role: 'tool-call', toolCallId: id, ...(parentId !== undefined && { parentId }) })
const under = (id: string, seqId: number, parentId: string) => sampleMessage(id, seqId, { parentId })

/** The ids, each with those below it. */
type Shape = [string, ...Shape[]]
const shapeOf = (nodes: readonly MessageNode[]): Shape[] => nodes.map(({ message, children }) => [message.id, ...shapeOf(children)])

test('what a sub-agent said stands under the call that began it, at any depth, in order', () => {
  const messages = [sampleMessage('a', 1), call('task', 2), under('b', 3, 'task'), call('inner', 4, 'task'), sampleMessage('c', 5), under('d', 6, 'inner'), under('e', 7, 'task')]
  expect(shapeOf(messageTree(messages))).toEqual([['a'], ['task', ['b'], ['inner', ['d']], ['e']], ['c']])
})

test('a message whose parent is not there stands at the top', () => {
  expect(shapeOf(messageTree([under('a', 1, 'gone'), sampleMessage('b', 2)]))).toEqual([['a'], ['b']])
})

test('a result is no parent, and nothing stands under itself', () => {
  const result = sampleMessage('r', 1, { role: 'tool-result', toolCallId: 'x' })
  expect(shapeOf(messageTree([result, under('a', 2, 'x'), call('self', 3, 'self')]))).toEqual([['r'], ['a'], ['self']])
})

test('holds every message once, whatever the parents', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.option(fc.nat(9)))), (given) => {
      const messages = given.map(([isCall, parent], index) => {
        const parentId = parent === null ? {} : { parentId: `${parent}` }
        return sampleMessage(`${index}`, index + 1, isCall ? { role: 'tool-call', toolCallId: `${index % 10}`, ...parentId } : parentId)
      })
      const ids: string[] = []
      const walk = (nodes: readonly MessageNode[]): void => {
        for (const { message, children } of nodes) {
          ids.push(message.id)
          walk(children)
        }
      }
      walk(messageTree(messages))
      expect(ids.sort()).toEqual(messages.map(({ id }) => id).sort())
    }),
  )
})
