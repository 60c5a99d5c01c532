import { expect, test, afterEach } from 'vitest'
import { userEvent } from 'vitest/browser'
import { cleanup, render } from 'vitest-browser-svelte'
import Composer from './Composer.svelte'

afterEach(cleanup)

const noop = (): void => {}

test('the commands of the agent are offered, chosen by keys, and the prompt keeps the focus', async () => {
  let sent = 0
  const screen = await render(Composer, {
    draft: '',
    agent: 'x',
    picking: false,
    chooses: false,
    providers: [],
    commands: [{ name: 'compact', description: 'Makes it short' }, { name: 'plan', hint: 'WHAT' }, { name: 'explain' }],
    placeholder: 'Go on',
    canStop: true,
    busy: false,
    onsend: () => (sent += 1),
    onstop: () => expect.unreachable('Escape was meant for the list.'),
    onrecall: noop,
  })
  const prompt = screen.getByRole('textbox', { name: 'Prompt' })
  const options = (): (string | null)[] => [...screen.container.querySelectorAll('[role=option]')].map(({ textContent }) => textContent.trim().split(/\s/)[0] ?? null)
  await prompt.click()
  await userEvent.keyboard('/')
  await expect.poll(options).toEqual(['/compact', '/plan', '/explain'])
  await userEvent.keyboard('{ArrowDown}')
  const marked = screen.container.querySelector('[aria-selected=true]')
  expect(marked?.textContent).toContain('/plan')
  expect(prompt.element().getAttribute('aria-activedescendant')).toBe(marked?.id)
  await userEvent.keyboard('{Enter}')
  await expect.element(prompt).toHaveValue('/plan ')
  expect([sent, options().length, document.activeElement === prompt.element()]).toEqual([0, 0, true])
  await userEvent.keyboard('it{Enter}')
  expect(sent).toBe(1)

  await prompt.fill('/c')
  await expect.poll(options).toEqual(['/compact'])
  await userEvent.keyboard('{Escape}')
  await expect.poll(options).toEqual([])
  await expect.element(prompt).toHaveValue('/c')
})
