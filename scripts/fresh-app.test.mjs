import { expect, test } from 'vitest'
import { programsIn } from './fresh-app.mjs'

const block = (language, code) => `\`\`\`${language}\n${code}\n\`\`\`\n`

test('a program of a README imports something or says what file it is; the rest is a part of one', () => {
  const readme = [
    block('ts', "import { a } from 'a'\na()"),
    block('ts', '// host.ts: the host\nserve()'),
    block('ts', 'serve({ port: 1 })'),
    block('svelte', '<p>Hello</p>'),
    block('vue', '<!-- Chat.vue -->\n<template />'),
    block('sh', 'npm start'),
  ].join('\n')
  expect(programsIn(readme).map(({ language, name }) => [language, name])).toEqual([
    ['ts', undefined],
    ['ts', 'host.ts'],
    ['svelte', undefined],
    ['vue', 'Chat.vue'],
  ])
})
