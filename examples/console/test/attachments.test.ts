// Images and files that go with a prompt: picked, pasted, dropped, removed, sent, and there again.

import { expect, test, vi } from 'vitest'
import { axeOf } from './axe-of.ts'
import { patience, useBrowser, type ConsolePage } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

// One red dot.
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const image = { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') }
const notes = { name: 'my notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Pears\nare ripe') }

async function open(): Promise<ConsolePage> {
  return browser.open(await startHost(await temporaryFolder()).url())
}

const pick = (page: ConsolePage, files: (typeof image)[]): Promise<void> => page.page.getByRole('main').locator('input[type=file]').setInputFiles(files)
const chips = (page: ConsolePage) => page.page.locator('form').getByRole('list', { name: 'Attachments' }).getByRole('listitem')

/** As a person drops or pastes files. */
async function give(page: ConsolePage, kind: 'drop' | 'paste', { name, mimeType, buffer }: typeof image): Promise<void> {
  await page.page.evaluate(
    ([kind, name, type, base64]) => {
      const bytes = Uint8Array.from(atob(base64 ?? ''), (letter) => letter.charCodeAt(0))
      const data = new DataTransfer()
      data.items.add(new File([bytes], name ?? '', { type: type ?? '' }))
      if (kind === 'drop') {
        for (const event of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }))
      } else document.querySelector('textarea')?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    },
    [kind, name, mimeType, buffer.toString('base64')],
  )
}

test('picked, pasted and dropped they go with the prompt, show in it, and are there after a reload and a new start of the host', async () => {
  const data = await temporaryFolder()
  const host = startHost(data)
  const page = await browser.open(await host.url())
  await page.prompt.waitFor()
  await pick(page, [notes])
  await give(page, 'paste', image)
  await give(page, 'drop', { ...image, name: 'other.png' })
  await expect.poll(() => chips(page).count(), patience).toBe(3)
  expect(await axeOf(page.page, 'main')).toEqual([])
  await page.say('mode')
  await page.shows(/my notes\.md, 2 lines, 16 characters; it begins with # Pears/)
  await page.shows('an image, image/png, 70 bytes')
  await page.shows('The mode is ask.')
  await page.comesTo('Done')
  // What is in the conversation is what was sent; beside the prompt nothing is left.
  const sent = page.log.getByRole('list', { name: 'Attachments' })
  const seen = async (): Promise<[number, string]> => [await sent.getByRole('img').count(), (await sent.getByRole('button', { name: 'my notes.md' }).innerText()).replaceAll(/\s+/g, ' ')]
  expect(await seen()).toEqual([2, 'TXT my notes.md 16 B'])
  expect(await chips(page).count()).toBe(0)
  expect(await sent.getByRole('img', { name: 'dot.png' }).evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).toBe(1)
  expect(await axeOf(page.page, 'main')).toEqual([])

  await sent.getByRole('button', { name: 'my notes.md' }).click()
  await expect.poll(() => page.page.getByRole('dialog', { name: 'my notes.md' }).innerText(), patience).toContain('are ripe')
  await page.page.keyboard.press('Escape')
  await page.page.reload()
  await expect.poll(seen, patience).toEqual([2, 'TXT my notes.md 16 B'])
  expect(page.complaints).toEqual([])

  await host.kill('SIGKILL')
  const again = await browser.open(await startHost(data).url())
  await expect.poll(() => again.log.getByRole('img', { name: 'dot.png' }).count(), patience).toBe(1)
  // Taken up again they come with their words.
  await again.prompt.press('ArrowUp')
  await expect.poll(() => chips(again).count(), patience).toBe(3)
  expect(await again.prompt.inputValue()).toBe('mode')
})

test('they are removed by keyboard, and the focus goes on', async () => {
  const page = await open()
  await page.prompt.waitFor()
  await pick(page, [notes, image])
  await expect.poll(() => chips(page).count(), patience).toBe(2)
  await page.page.getByRole('button', { name: 'Remove my notes.md' }).focus()
  await page.page.keyboard.press('Enter')
  await expect.poll(() => page.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), patience).toBe('Remove dot.png')
  await page.page.keyboard.press('Delete')
  await expect.poll(() => page.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), patience).toBe('Prompt')
  expect(await page.send.isDisabled()).toBe(true)
})

test('they stay with the draft that they are meant for, over a reload and over other sessions', async () => {
  const page = await open()
  await page.sayAndWait('read README.md')
  await pick(page, [image])
  await expect.poll(() => chips(page).count(), patience).toBe(1)
  await page.newSession.click()
  await expect.poll(() => chips(page).count(), patience).toBe(0)
  await page.page.goBack()
  await expect.poll(() => chips(page).count(), patience).toBe(1)
  await page.page.reload()
  await expect.poll(() => chips(page).count(), patience).toBe(1)
  // Without words they are a prompt too.
  await page.send.click()
  await page.shows('You sent me 1 attachment')
})

test.each([
  ['an image that is too large', { name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(6_000_000) }, 'huge.png is too large: 5.7 MB, and an image may have 5 MB.'],
  ['a text that is too large', { name: 'log.txt', mimeType: 'text/plain', buffer: Buffer.alloc(600_000, 'a') }, 'log.txt is too large: 586 kB, and a text may have 512 kB.'],
  ['what is neither', { name: 'a.zip', mimeType: 'application/zip', buffer: Buffer.from([80, 75, 3, 4, 0, 0]) }, 'a.zip is neither an image nor text.'],
  ['an image that no agent takes', { name: 'a.bmp', mimeType: 'image/bmp', buffer: Buffer.from([66, 77, 0, 0]) }, 'a.bmp is an image of a kind that agents do not take'],
])('%s is refused in words', async (_, file, words) => {
  const page = await open()
  await page.prompt.waitFor()
  await pick(page, [file])
  await page.page.getByText(words).waitFor()
  expect(await chips(page).count()).toBe(0)
})

test('so many as a message to the host can carry are sent, and no more can be attached', async () => {
  const page = await open()
  await page.prompt.waitFor()
  const large = (name: string) => ({ name, mimeType: 'image/png', buffer: Buffer.alloc(5_000_000, 7) })
  await pick(page, [large('1.png'), large('2.png'), large('3.png')])
  await page.page.getByText('3.png was not attached: with it there would be 14.3 MB').waitFor()
  await expect.poll(() => chips(page).count(), patience).toBe(2)
  await page.send.click()
  await page.shows('an image, image/png, 5,000,000 bytes')
  await page.comesTo('Done')
})
