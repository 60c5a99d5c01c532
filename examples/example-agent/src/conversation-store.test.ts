import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Conversation, newConversation, textContent } from './conversation.ts'
import { ConversationStore } from './conversation-store.ts'
import { newFolder } from './testing/live-agent.ts'

const ID = '7b1f5f0e-3c5e-4a53-9d6a-2f6f0f3f9f10'

function conversation(): Conversation {
  return {
    ...newConversation(ID, '/project', '2026-11-20T10:00:00.000Z'),
    title: 'read a.txt',
    turns: [
      {
        prompt: { messageId: 'u1', text: 'read a.txt' },
        steps: [
          { kind: 'thought', messageId: 't1', text: 'hm' },
          {
            kind: 'tool',
            call: {
              toolCallId: 'c1',
              title: 'Read a.txt',
              name: 'read_file',
              kind: 'read',
              status: 'completed',
              locations: [{ path: '/project/a.txt' }],
              rawInput: { path: 'a.txt' },
              content: [textContent('alpha')],
              rawOutput: { lines: 1 },
            },
          },
          { kind: 'message', messageId: 'm1', text: 'Done.' },
        ],
      },
    ],
  }
}

test('what was saved is loaded, and no draft is left behind', () => {
  const folder = path.join(newFolder(), 'memory')
  const store = new ConversationStore(folder, () => {})
  store.save(conversation())
  expect(store.load(ID)).toEqual(conversation())
  expect(store.list()).toEqual([conversation()])
  expect(readdirSync(folder)).toEqual([`${ID}.json`])
})

test('nothing is nothing, and an id cannot name another file', () => {
  const store = new ConversationStore(path.join(newFolder(), 'missing'), () => {})
  expect(store.load(ID)).toBeUndefined()
  expect(store.load('../../etc/passwd')).toBeUndefined()
  expect(store.list()).toEqual([])
})

test.each(['', '{', '{"version":2}', '[]', 'null'])('a file with %j in it is reported and left out', (text) => {
  const folder = newFolder()
  const problems: string[] = []
  const store = new ConversationStore(folder, (problem) => problems.push(problem))
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${ID}.json`), text)
  expect(store.load(ID)).toBeUndefined()
  expect(problems).toEqual([expect.stringContaining(`${ID}.json cannot be used`)])
})
