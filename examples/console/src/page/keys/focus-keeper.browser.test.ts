import { afterEach, beforeEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { keepFocus } from './focus-keeper.ts'

let end = (): void => {}

beforeEach(() => {
  document.body.innerHTML = '<button id="home">home</button><ul><li><button id="a">a</button></li><li><button id="b">b</button></li></ul><p>nothing</p>'
  end = keepFocus(document, (path) => (path.some(({ tagName }) => tagName === 'UL') ? [element('home')] : []))
})

afterEach(() => {
  end()
  document.body.innerHTML = ''
})

function element(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`There is no #${id}.`)
  return found
}

const focused = (): string | undefined => document.activeElement?.id
const settled = (): Promise<unknown> => new Promise(requestAnimationFrame)

test('after what was removed it goes on at the fallback of its place', async () => {
  element('a').focus()
  element('a').parentElement?.remove()
  expect(document.activeElement).toBe(document.body)
  await settled()
  expect(focused()).toBe('home')
})

test('what only moved in its list keeps it', async () => {
  element('b').focus()
  const [, row] = document.querySelectorAll('li')
  if (row !== undefined) row.parentElement?.prepend(row)
  await settled()
  expect(focused()).toBe('b')
})

test('after a button that can no longer be pressed it goes on at the fallback', async () => {
  element('b').focus()
  element('b').setAttribute('disabled', '')
  await expect.poll(focused).toBe('home')
})

test('a person who clicks beside everything is left alone, whatever changes then', async () => {
  await userEvent.click(element('a'))
  expect(focused()).toBe('a')
  await userEvent.click(document.querySelector('p') ?? document.body)
  expect(document.activeElement).toBe(document.body)
  element('a').remove()
  await settled()
  expect(document.activeElement).toBe(document.body)
})

test('what goes when the focus leaves it does not call it back', async () => {
  element('b').addEventListener('blur', () => document.querySelector('p')?.remove())
  element('b').focus()
  await userEvent.keyboard('{Shift>}{Tab}{/Shift}')
  await settled()
  expect([document.querySelector('p'), focused()]).toEqual([null, 'a'])
})

test('where it was to go has gone when it comes: it stays where it was', async () => {
  element('b').addEventListener('blur', () => element('a').remove(), { once: true })
  element('b').focus()
  await userEvent.keyboard('{Shift>}{Tab}{/Shift}')
  await expect.poll(focused).toBe('b')
})

test('a dialog is left to keep and give back the focus itself', async () => {
  const dialog = document.createElement('dialog')
  dialog.innerHTML = '<button id="in">in</button><button id="other">other</button>'
  document.body.append(dialog)
  dialog.showModal()
  element('in').focus()
  element('in').remove()
  await settled()
  expect(focused()).not.toBe('home')
})

test('after its end it does nothing', async () => {
  element('a').focus()
  end()
  element('a').remove()
  await settled()
  expect(document.activeElement).toBe(document.body)
})
