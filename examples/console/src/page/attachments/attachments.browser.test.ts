import { afterEach, beforeEach, expect, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import { pageStorage } from '../page-storage.ts'
import { Attachments, promptOf } from './attachments.svelte.ts'
import { KeptAttachments } from './kept-attachments.ts'
import SentAttachments from './SentAttachments.svelte'

beforeEach(() => sessionStorage.clear())
afterEach(cleanup)

function made(storage: Storage = sessionStorage) {
  const refused: string[] = []
  const attachments = new Attachments(new KeptAttachments(pageStorage(() => storage)), (why) => refused.push(why))
  attachments.show('p/one')
  return { attachments, refused, names: () => attachments.all.map(({ name }) => name) }
}

const text = (name: string, words = 'words'): File => new File([words], name, { type: 'text/plain' })

test('each draft has its own, and they outlive the page', async () => {
  const { attachments, names } = made()
  await attachments.add([text('a.txt')])
  attachments.show('p/two')
  expect([names(), attachments.has('p/one'), attachments.has('p/two')]).toEqual([[], true, false])
  attachments.show('p/one')
  expect(names()).toEqual(['a.txt'])
  // The draft was of a session that had no name yet.
  attachments.move('p/three')
  expect([names(), attachments.has('p/one')]).toEqual([['a.txt'], false])
  const again = made()
  again.attachments.show('p/three')
  expect(again.attachments.all).toEqual(attachments.all)
  again.attachments.remove(attachments.all[0]?.id ?? '')
  expect(sessionStorage.length).toBe(0)
})

test('what the tab has no room for stays while the page lives, and what is damaged there costs nothing', async () => {
  const full: Storage = Object.assign(Object.create(Storage.prototype), {
    getItem: () => '[{"id":7}]',
    removeItem: () => {},
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError')
    },
  })
  const { attachments, names } = made(full)
  expect(names()).toEqual([])
  await attachments.add([text('a.txt')])
  attachments.show('p/two')
  attachments.show('p/one')
  expect(names()).toEqual(['a.txt'])
})

test('what was picked for one draft does not go with another that is shown meanwhile', async () => {
  const { attachments, names } = made()
  const adding = attachments.add([text('a.txt')])
  expect(attachments.reading).toBe(true)
  attachments.show('p/two')
  await adding
  expect([names(), attachments.reading]).toEqual([[], false])
  attachments.show('p/one')
  expect(names()).toEqual(['a.txt'])
})

test('no more than a prompt may have, and each that is refused has its reason', async () => {
  const { attachments, refused } = made()
  await attachments.add(Array.from({ length: 21 }, (_, index) => text(`${index}.txt`)))
  expect(attachments.all).toHaveLength(20)
  expect(refused).toEqual(['20.txt was not attached: a prompt may have 20 attachments.'])
  // Text that is cut in the middle of a character is text, an empty file too; a letter of another encoding is not.
  attachments.take()
  await attachments.add([new File(['é'.repeat(3_000)], 'e.txt'), new File([], 'none.txt'), new File([new Uint8Array([0xe9, 0x20])], 'latin.txt')])
  expect(attachments.all.map(({ name }) => name)).toEqual(['e.txt', 'none.txt'])
  expect(refused.at(-1)).toMatch(/^latin.txt is neither an image nor text/)
})

test('a prompt is words, or its parts; without words it has none', async () => {
  const { attachments } = made()
  expect(promptOf('go', attachments.all)).toBe('go')
  await attachments.add([text('my file.txt')])
  const file = { type: 'file', uri: 'attachment:///my%20file.txt', name: 'my file.txt', mimeType: 'text/plain', text: 'words' }
  expect(promptOf('go', attachments.all)).toEqual([{ type: 'text', text: 'go' }, file])
  expect(promptOf('', attachments.all)).toEqual([file])
  const prompt = promptOf('go', attachments.take())
  attachments.recall(prompt)
  expect(promptOf('go', attachments.all)).toEqual(prompt)
})

test('only what is known to be a picture is shown as one', async () => {
  const screen = await render(SentAttachments, {
    parts: [
      { type: 'image', mimeType: 'image/png', data: 'AAAA', name: 'a.png' },
      { type: 'image', mimeType: 'image/svg+xml', data: 'AAAA', name: 'b.svg' },
      { type: 'image', mimeType: 'text/html;x="', data: '"><script>', name: 'c' },
      { type: 'file', uri: 'file:///d', name: '<b>d</b>' },
    ],
  })
  const images = [...screen.container.querySelectorAll('img')]
  expect(images.map(({ src, alt }) => [src, alt])).toEqual([['data:image/png;base64,AAAA', 'a.png']])
  expect(screen.container.querySelectorAll('script, b')).toHaveLength(0)
  expect([...screen.container.querySelectorAll('li')].map(({ textContent }) => textContent.trim().replaceAll(/\s+/g, ' '))).toEqual(['', 'IMG b.svg 3 B', 'IMG c 7 B', 'TXT <b>d</b>'])
})
