import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { plantSamples, SAMPLE_FILES } from './samples.ts'
import { isInside, Sandbox, SandboxError } from './sandbox.ts'
import { newFolder } from './testing/live-agent.ts'

const never = new AbortController().signal

let outside: string
let sandbox: Sandbox

beforeEach(async () => {
  outside = newFolder()
  writeFileSync(path.join(outside, 'secret.txt'), 'secret')
  sandbox = await Sandbox.open(path.join(newFolder(), 'sandbox'))
  await plantSamples(sandbox, () => {})
  mkdirSync(sandbox.memoryFolder)
})

async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = []
  for await (const entry of sandbox.walk(await sandbox.resolve(folder), never)) names.push(entry.relative)
  return names
}

describe('resolve', () => {
  test.each([
    ['README.md', 'README.md'],
    ['./notes//todo.txt', 'notes/todo.txt'],
    ['.', '.'],
    ['new/folder/file.txt', 'new/folder/file.txt'],
    ['..hidden', '..hidden'],
  ])('%j is inside', async (name, relative) => {
    expect(await sandbox.resolve(name)).toEqual({ absolute: path.join(sandbox.root, relative), relative })
  })

  test.each([
    ['..', 'outside'],
    ['../x', 'outside'],
    ['notes/../../x', 'outside'],
    ['notes\\..\\..\\x', 'outside'],
    ['/etc/passwd', 'outside'],
    ['\\\\server\\share', 'outside'],
    ['C:\\Windows', 'outside'],
    ['c:x', 'outside'],
    ['a\0b', 'outside'],
    ['', 'empty'],
    ['  ', 'empty'],
    ['.agent', 'hidden'],
    ['.agent/x.json', 'hidden'],
    ['./.AGENT/x.json', 'hidden'],
    ['README.md/x', 'not-a-folder'],
  ])('%j is refused', async (name, code) => {
    await expect(sandbox.resolve(name)).rejects.toMatchObject({ name: 'SandboxError', code })
  })

  test('a link that leads out is refused, on the way as at the end', async () => {
    symlinkSync(outside, path.join(sandbox.root, 'door'))
    symlinkSync(path.join(outside, 'secret.txt'), path.join(sandbox.root, 'notes', 'window'))
    for (const name of ['door', 'door/secret.txt', 'door/new.txt', 'notes/window']) {
      await expect(sandbox.resolve(name)).rejects.toMatchObject({ code: 'outside' })
    }
  })

  test('a link to nothing is refused, because writing would make what it points to', async () => {
    symlinkSync(path.join(outside, 'new.txt'), path.join(sandbox.root, 'trap'))
    await expect(sandbox.resolve('trap')).rejects.toMatchObject({ code: 'broken-link' })
  })

  test('a link that stays inside is followed, but not into the memory', async () => {
    symlinkSync('notes', path.join(sandbox.root, 'short'))
    symlinkSync('.agent', path.join(sandbox.root, 'memory'))
    expect(await sandbox.resolve('short/todo.txt')).toMatchObject({
      absolute: path.join(sandbox.root, 'notes', 'todo.txt'),
    })
    await expect(sandbox.resolve('memory/x.json')).rejects.toMatchObject({ code: 'hidden' })
  })

  test('a link as the sandbox itself is fine', async () => {
    const link = path.join(outside, 'link')
    symlinkSync(sandbox.root, link)
    const linked = await Sandbox.open(link)
    expect(await linked.resolve('README.md')).toMatchObject({ absolute: path.join(sandbox.root, 'README.md') })
  })

  test('whatever the name, it is refused or inside', async () => {
    symlinkSync(outside, path.join(sandbox.root, 'door'))
    symlinkSync('..', path.join(sandbox.root, 'notes', 'up'))
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'notes', 'up', 'door', '.agent', 'README.md', 'new', '~', 'C:', '\0', '%2e%2e'),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    )
    const name = fc
      .tuple(fc.array(segment, { maxLength: 6 }), fc.constantFrom('/', '\\', '//'))
      .map(([segments, separator]) => segments.join(separator))
    await fc.assert(
      fc.asyncProperty(name, async (wanted) => {
        const found = await sandbox.resolve(wanted).catch((error: unknown) => {
          if (error instanceof SandboxError) return undefined
          throw error
        })
        if (found === undefined) return
        const { absolute } = found
        expect(isInside(sandbox.root, absolute)).toBe(true)
        expect(isInside(sandbox.memoryFolder, absolute)).toBe(false)
        // The deepest part that exists is where it says, with no link on the way.
        let existing = absolute
        while (!exists(existing)) existing = path.dirname(existing)
        expect(realpathSync(existing)).toBe(existing)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('walk', () => {
  test('tells all files and folders in order, but not the memory', async () => {
    writeFileSync(path.join(sandbox.memoryFolder, 'x.json'), '{}')
    expect(await namesBelow('.')).toEqual([
      'README.md',
      'data',
      'data/numbers.csv',
      'notes',
      'notes/lighthouse.md',
      'notes/todo.txt',
      'src',
      'src/hello.js',
    ])
    expect(await namesBelow('notes')).toEqual(['notes/lighthouse.md', 'notes/todo.txt'])
  })

  test('names a link but does not follow it', async () => {
    symlinkSync('.', path.join(sandbox.root, 'notes', 'loop'))
    symlinkSync(outside, path.join(sandbox.root, 'notes', 'out'))
    expect(await namesBelow('notes')).toEqual(['notes/lighthouse.md', 'notes/loop', 'notes/out', 'notes/todo.txt'])
  })
})

describe('the samples', () => {
  test('are put back where they are missing, and never over what is there', async () => {
    const kept = path.join(sandbox.root, 'README.md')
    writeFileSync(kept, 'mine')
    symlinkSync(outside, path.join(sandbox.root, 'more'))
    await plantSamples(sandbox, () => {})
    expect(readFileSync(kept, 'utf8')).toBe('mine')
    expect(readFileSync(path.join(sandbox.root, 'src', 'hello.js'), 'utf8')).toBe(SAMPLE_FILES['src/hello.js'])
  })
})

function exists(file: string): boolean {
  try {
    realpathSync(file)
    return true
  } catch {
    return false
  }
}
