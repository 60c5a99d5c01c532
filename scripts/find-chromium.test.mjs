import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lookForChromium } from './find-chromium.mjs'

let folder

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-chromium-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function program(name) {
  const path = join(folder, name)
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, 0o755)
  return path
}

test('takes the one that is named before the one on PATH', () => {
  program('chromium')
  const named = program('my-own')
  expect(lookForChromium({ CHROMIUM_BIN: named, PATH: folder })).toBe(named)
})

test('takes one on PATH', () => {
  const path = program('google-chrome')
  expect(lookForChromium({ PATH: `/nowhere:${folder}` })).toBe(path)
})

test('refuses a name that is wrong, and does not look for another', () => {
  program('chromium')
  expect(() => lookForChromium({ CHROMIUM_BIN: join(folder, 'none'), PATH: folder })).toThrow('CHROMIUM_BIN')
})
