// All of the console without a mouse: where each key leads to, and where the focus is afterwards.

import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { focusComesTo, focusOf, tabTo } from './focus-of.ts'
import { startHost, temporaryFolder } from './host-process.ts'
import { remember } from './remember.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const browser = useBrowser()
const prompt = 'textarea Prompt'

test('a session from its beginning to its fork: agents, prompts, queue, stop, questions, edit and send again', async () => {
  const page = await browser.open(await startHost(await temporaryFolder(), { paceMs: 40 }).url())
  const { keyboard } = page.page
  await page.comesTo('Ready')

  await keyboard.press('/')
  await focusComesTo(page.page, prompt)
  await tabTo(page.page, /^button Agents on this machine/)
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^input Example agent/)
  await keyboard.press('Escape')
  await focusComesTo(page.page, /^button Agents on this machine/)
  await tabTo(page.page, prompt, { back: true })

  await keyboard.type('story 3000')
  await keyboard.press('Enter')
  await page.shows('The lighthouse on Gull Rock')
  await focusComesTo(page.page, prompt)

  const queue = page.page.getByRole('list', { name: 'Queue' }).getByRole('listitem')
  for (const text of ['read one', 'read two', 'read three']) {
    await keyboard.type(text)
    await keyboard.press('Enter')
  }
  await expect.poll(() => queue.count(), patience).toBe(3)
  await tabTo(page.page, 'button Withdraw', { back: true })
  for (const left of [2, 1]) {
    await keyboard.press('Enter')
    await expect.poll(() => queue.count(), patience).toBe(left)
    await focusComesTo(page.page, 'button Withdraw')
  }
  await keyboard.press('Enter')
  await expect.poll(() => queue.count(), patience).toBe(0)
  await focusComesTo(page.page, prompt)

  await keyboard.press('Escape')
  await page.comesTo('Stopped')
  await focusComesTo(page.page, prompt)

  // The commands go with the focus, and do not hold it.
  await keyboard.type('/')
  await page.page.getByRole('listbox', { name: 'Commands' }).waitFor()
  await keyboard.press('Shift+Tab')
  await focusComesTo(page.page, 'button Edit')
  await keyboard.press('/')
  await focusComesTo(page.page, prompt)
  await keyboard.press('Backspace')

  // Each answer of a question, reached backwards from the prompt, which a question does not take.
  for (const [answer, result] of [['Reject', /I did not run it/], ['Allow', /said 1/], ['Always', /said 2/]] as const) {
    await keyboard.type(`run echo said ${answer === 'Allow' ? 1 : 2}`)
    await keyboard.press('Enter')
    await page.permission.waitFor()
    await focusComesTo(page.page, prompt)
    await tabTo(page.page, `button ${answer}`, { back: true })
    await keyboard.press('Enter')
    await page.shows(result)
    await page.comesTo('Done')
    await focusComesTo(page.page, prompt)
  }
  await keyboard.type('run echo said 3')
  await keyboard.press('Enter')
  await page.shows(/said 3[^"]*exit|said 3/)
  await page.comesTo('Done')

  // The one before, and an earlier one.
  await keyboard.press('ArrowUp')
  await expect.poll(() => page.prompt.inputValue(), patience).toBe('run echo said 3')
  await keyboard.press('Control+a')
  await keyboard.press('Delete')
  await tabTo(page.page, 'button Edit', { back: true })
  await keyboard.press('Enter')
  await focusComesTo(page.page, prompt)
  await expect.poll(() => page.prompt.inputValue(), patience).toBe('run echo said 3')
  await keyboard.press('End')
  await keyboard.type('3')
  await keyboard.press('Enter')
  await page.shows(/said 33/)
  await page.comesTo('Done')

  // A button that cannot be pressed any more leaves the focus to the prompt.
  await keyboard.type('recall')
  await tabTo(page.page, 'button Send')
  await keyboard.press('Enter')
  await page.shows('In this session you have asked')
  await focusComesTo(page.page, prompt)

  await tabTo(page.page, 'button Fork')
  await keyboard.press('Enter')
  await focusComesTo(page.page, prompt)
  const rows = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem')
  await expect.poll(() => rows.count(), patience).toBe(2)
  expect(page.complaints).toEqual([])
})

test('the list and its dialogs: search, jump, between sessions, rename, pin, export, delete, settings, help', async () => {
  const data = await temporaryFolder()
  const now = Date.now()
  await remember(data, ['pears', 'plums', 'quinces', 'medlars'].map((id, index) => ({ id, title: `About ${id}`, messages: 4, at: now - (index + 1) * 60_000 })))
  const page = await browser.open(await startHost(data).url())
  const { keyboard } = page.page
  const links = page.page.getByRole('navigation', { name: 'Projects' }).getByRole('listitem').getByRole('link')
  const titles = async (): Promise<string[]> => (await links.allInnerTexts()).map((text) => /About \w+|Apples/.exec(text)?.[0] ?? text)
  await page.shows('number 4 of pears')
  expect(await focusOf(page.page)).toBe('nothing')

  // Between sessions: the focus stays where it is.
  await keyboard.press('/')
  await keyboard.press('Alt+ArrowDown')
  await page.shows('number 4 of plums')
  await keyboard.press('Alt+ArrowDown')
  await page.shows('number 4 of quinces')
  await keyboard.press('Alt+ArrowUp')
  await page.shows('number 4 of plums')
  await focusComesTo(page.page, prompt)

  await keyboard.press('Control+k')
  await focusComesTo(page.page, 'input Search all sessions')
  await keyboard.type('number 2 of medlars')
  await page.page.getByRole('list', { name: 'Found messages' }).getByRole('link').first().waitFor()
  await keyboard.press('ArrowDown')
  await focusComesTo(page.page, /^a About medlars/)
  await keyboard.press('Enter')
  await page.shows('number 2 of medlars')
  await focusComesTo(page.page, /^div This is number 2 of medlars/)
  await keyboard.press('Control+k')
  await keyboard.press('Escape')
  await links.first().waitFor()
  await focusComesTo(page.page, 'input Search all sessions')

  // Down the list a key a row.
  await tabTo(page.page, 'a playground')
  await keyboard.press('ArrowDown')
  await focusComesTo(page.page, /^a About pears/)
  await keyboard.press('ArrowDown')
  await keyboard.press('ArrowDown')
  await focusComesTo(page.page, /^a About quinces/)
  await keyboard.press('Enter')
  await page.shows('number 4 of quinces')
  await focusComesTo(page.page, /^a About quinces/)
  // Here they take the focus along.
  await keyboard.press('Alt+ArrowUp')
  await page.shows('number 4 of plums')
  await focusComesTo(page.page, /^a About plums/)

  await keyboard.press('F2')
  await focusComesTo(page.page, 'input Title of the session')
  await keyboard.type('Apples')
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^a Apples/)

  // Pinned it moves to the top, and the focus with it.
  await keyboard.press('Tab')
  await focusComesTo(page.page, 'button Actions for Apples')
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^menuitem Rename/)
  await keyboard.press('p')
  await keyboard.press('Enter')
  await expect.poll(async () => (await titles())[0], patience).toBe('Apples')
  await focusComesTo(page.page, 'button Actions for Apples')

  const downloading = page.page.waitForEvent('download')
  await keyboard.press('ArrowUp')
  await focusComesTo(page.page, /^menuitem Delete/)
  await keyboard.press('e')
  await keyboard.press('Enter')
  expect((await downloading).suggestedFilename()).toBe('Apples.jsonl')
  await focusComesTo(page.page, 'button Actions for Apples')

  await keyboard.press('Delete')
  await focusComesTo(page.page, 'button Cancel')
  await keyboard.press('Escape')
  await focusComesTo(page.page, 'button Actions for Apples')
  await keyboard.press('Delete')
  await tabTo(page.page, 'button Delete')
  await keyboard.press('Enter')
  await expect.poll(titles, patience).toEqual(['About pears', 'About quinces', 'About medlars'])
  await focusComesTo(page.page, /^a About pears/)
  await page.shows('number 4 of pears')

  await tabTo(page.page, /^button .*Settings/)
  await keyboard.press('Enter')
  await focusComesTo(page.page, 'input Tell me when a session needs me')
  for (let step = 0; step < 12; step += 1) {
    await keyboard.press('Tab')
    expect(await page.page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog')?.contains(document.activeElement))).toBe(true)
  }
  // Keys of the page mean nothing in it.
  await keyboard.press('Alt+ArrowDown')
  await keyboard.press('Escape')
  await focusComesTo(page.page, /^button .*Settings/)
  await page.shows('number 4 of pears')

  await keyboard.press('?')
  const help = page.page.getByRole('dialog', { name: 'Keyboard' })
  await focusComesTo(page.page, 'button Close')
  expect(await help.innerText()).toMatch(/Alt\+A[\s\S]*the next session that needs you/)
  await keyboard.press('Enter')
  await help.waitFor({ state: 'detached' })
  await focusComesTo(page.page, /^button .*Settings/)

  // In a field it is a question mark.
  await keyboard.press('/')
  await keyboard.type('why?')
  expect([await page.prompt.inputValue(), await help.count()]).toEqual(['why?', 0])
  expect(page.complaints).toEqual([])
})

test('Alt+A goes to the sessions that ask, one after the other, in any project; answers are given from there', async () => {
  const page = await browser.open(await startHost(await temporaryFolder()).url())
  const { keyboard } = page.page
  await page.comesTo('Ready')
  await keyboard.press('/')
  await focusComesTo(page.page, prompt)
  await keyboard.type('run echo first')
  await keyboard.press('Enter')
  await page.permission.waitFor()
  await keyboard.press('Alt+n')
  await focusComesTo(page.page, prompt)
  await keyboard.type('run echo second')
  await keyboard.press('Enter')
  await expect.poll(() => page.permission.innerText(), patience).toContain('echo second')
  await page.page.getByRole('button', { name: '2 sessions need you' }).waitFor()

  // Another project shows nothing of them but that they are at work.
  await tabTo(page.page, /^button .*New project/)
  await keyboard.press('Enter')
  await focusComesTo(page.page, 'input Project name')
  await keyboard.press('Escape')
  await focusComesTo(page.page, /^button .*New project/)
  await keyboard.press('Enter')
  await keyboard.type('other')
  await keyboard.press('Enter')
  await page.comesTo('Ready')
  await focusComesTo(page.page, prompt)
  await expect.poll(() => page.page.getByRole('list', { name: 'At work in playground' }).getByRole('link').count(), patience).toBe(2)

  const asked: string[] = []
  for (let left = 2; left > 0; left -= 1) {
    await keyboard.press('Alt+a')
    await focusComesTo(page.page, 'group Permission')
    asked.push(/echo (\w+)/.exec(await page.permission.innerText())?.[1] ?? '')
    // Enter on the question itself is no answer.
    await keyboard.press('Enter')
    expect(await page.permission.count()).toBe(1)
    await keyboard.press('Tab')
    await focusComesTo(page.page, 'button Allow')
    // Nor is Escape.
    await keyboard.press('Escape')
    await focusComesTo(page.page, prompt)
    expect(await page.permission.count()).toBe(1)
    await tabTo(page.page, 'button Allow', { back: true })
    await keyboard.press('Enter')
    await focusComesTo(page.page, prompt)
    await page.comesTo('Done')
  }
  expect(asked.toSorted()).toEqual(['first', 'second'])
  await keyboard.press('Alt+a')
  await page.page.getByText('No session needs you.').waitFor()
  await focusComesTo(page.page, prompt)
  expect(page.complaints).toEqual([])
})

test('on a small screen the drawer is opened, walked and closed by keys', async () => {
  const data = await temporaryFolder()
  await remember(data, ['pears', 'plums'].map((id, index) => ({ id, title: `About ${id}`, messages: 4, at: Date.now() - (index + 1) * 60_000 })))
  const page = await browser.open(await startHost(data).url())
  await page.page.setViewportSize({ width: 360, height: 640 })
  const { keyboard } = page.page
  await page.shows('number 4 of pears')
  await tabTo(page.page, /^button .*Projects and history/)
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^a About pears/)
  await keyboard.press('Escape')
  await focusComesTo(page.page, /^button .*Projects and history/)
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^a About pears/)
  // Out of it at its end: it covers nothing that has the focus.
  await tabTo(page.page, /^button .*Projects and history/)
  const opener = page.page.getByRole('button', { name: 'Projects and history' })
  await expect.poll(() => opener.getAttribute('aria-expanded'), patience).toBe('false')
  await keyboard.press('Enter')
  await focusComesTo(page.page, /^a About pears/)
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await page.shows('number 4 of plums')
  await focusComesTo(page.page, 'log Conversation')
  expect(page.complaints).toEqual([])
})
