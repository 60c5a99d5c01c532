import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffLines } from './diff-lines.ts'
import { editChange } from './edit-change.ts'
import { toolArguments } from './tool-arguments.ts'

const marks = (input: unknown): readonly string[] => (diffLines(editChange(input)?.text ?? '') ?? []).filter(({ kind }) => kind === 'added' || kind === 'removed').map(({ text }) => text)

describe('a change of files', () => {
  test.each([
    ['an edit of Claude Code', { file_path: '/a', old_string: 'x\nworld\ny', new_string: 'x\ndemo\ny', replace_all: false }, ['-world', '+demo']],
    ['an edit of OpenCode', { filePath: '/a', oldString: 'world', newString: 'demo' }, ['-world', '+demo']],
    ['several edits', { file_path: '/a', edits: [{ old_string: 'a', new_string: 'b' }, { old_string: 'c', new_string: '' }] }, ['-a', '+b', '-c']],
    ['a file that is written', { file_path: '/a', content: 'hello\n-- world' }, ['+hello', '+-- world']],
    ['a new file of Codex', { file_path: '/a', changes: [{ path: '/a', kind: 'add', diff: 'hello\nworld\n' }] }, ['+hello', '+world']],
    ['a file that Codex takes away', { changes: [{ path: '/a', kind: { type: 'delete' }, diff: '-- hello\n' }] }, ['--- hello']],
    ['an update of Codex', { changes: [{ path: '/a', kind: { type: 'update', move_path: '/b' }, diff: '@@ -1,2 +1,2 @@\n hello\n-world\n+demo\n' }] }, ['-world', '+demo']],
  ])('%s is a diff', (_, input, expected) => {
    expect(marks(input)).toEqual(expected)
  })

  test.each([
    ['no arguments', undefined],
    ['a command', { command: 'ls', content: 'x' }],
    ['a list', ['a']],
    ['a file that is read', { file_path: '/a', offset: 1 }],
    ['a file with more beside it', { file_path: '/a', content: 'x', mode: 0o777 }],
    ['edits in another form', { file_path: '/a', edits: [{ old_string: 'a', new_string: 'b' }, 'c'] }],
    ['changes without their diffs', { changes: [{ path: '/a', kind: 'add' }] }],
  ])('%s is none', (_, input) => {
    expect(editChange(input)).toBeUndefined()
  })

  test('that is written says that it takes the place of what is there, also where it leaves the file empty', () => {
    for (const content of ['', 'hello']) {
      const lines = diffLines(editChange({ path: '/a', content })?.text ?? '') ?? []
      expect(lines.find(({ kind }) => kind === 'place')?.text).toBe('@@ all that the file will hold @@')
      expect(lines.filter(({ kind }) => kind === 'added')).toHaveLength(content === '' ? 0 : 1)
    }
  })

  test('hides nothing: each line that goes and each that comes is in it, and so is all else that is asked for', () => {
    const lines = fc.array(fc.stringMatching(/^[a-c+\- ]{0,3}$/), { minLength: 1, maxLength: 6 }).map((all) => all.join('\n'))
    fc.assert(
      fc.property(lines, lines, (old, fresh) => {
        const [, , , ...told] = (editChange({ file_path: '/a', old_string: old, new_string: fresh })?.text ?? '').split('\n')
        const side = (mark: string): string => told.filter((line) => line.startsWith(mark) || line.startsWith(' ')).map((line) => line.slice(1)).join('\n')
        expect([side('-'), side('+')]).toEqual([old, fresh])
      }),
    )
    const args = toolArguments({ file_path: '/a', old_string: 'a', new_string: 'b', replace_all: true })
    expect(args.map(({ name }) => name)).toEqual(['file_path', 'replace_all', 'change'])
    expect(toolArguments({ file_path: '/a', edits: [{ old_string: 'a', new_string: 'b', replace_all: true }] }).at(-1)?.text).toContain('(replace_all: true)')
  })

  test('in a patch of Codex\' own form is one too', () => {
    const text = '*** Begin Patch\n*** Update File: a.txt\n@@\n hello\n-world\n+demo\n*** End Patch\nDone.'
    expect(diffLines(text)?.map(({ kind }) => kind)).toEqual(['file', 'file', 'place', 'plain', 'removed', 'added', 'file', 'plain'])
  })
})
