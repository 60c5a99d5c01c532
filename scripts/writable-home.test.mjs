import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writableHome } from './writable-home.mjs'

test('a home folder that can be written stays, and one that is none is replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writable-home-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const instead = join(folder, 'deep', 'home')
  expect(writableHome(instead, folder)).toEqual({})
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const none of [join(folder, 'missing'), join(file, 'below')]) expect(writableHome(instead, none)).toEqual({ HOME: instead })
  expect(statSync(instead).isDirectory()).toBe(true)
})
