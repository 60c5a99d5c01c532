import type { Page } from 'playwright'
import { expect } from 'vitest'
import { patience } from './console-page.ts'

/** What has the focus, by the name that a person is told; `nothing` where it is lost. */
export function focusOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement) || element === document.body) return 'nothing'
    const label = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0]?.innerText : undefined
    const name = element.ariaLabel ?? label ?? element.innerText
    return `${element.getAttribute('role') ?? element.localName} ${name.replaceAll(/\s+/g, ' ').trim()}`
  })
}

/** Waits until it is there, and seen: by its outline, or by what is around it. */
export async function focusComesTo(page: Page, wanted: string | RegExp): Promise<void> {
  await expect.poll(() => focusOf(page), patience).toEqual(typeof wanted === 'string' ? wanted : expect.stringMatching(wanted))
  const seen = await page.evaluate(() => {
    const element = document.activeElement
    if (element === null) return false
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const form = element.closest('form')
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || (form?.contains(element) === true && element instanceof HTMLTextAreaElement && getComputedStyle(form).borderTopWidth !== '0px')
  })
  expect(`${String(wanted)} is ${seen ? 'seen' : 'not seen'}`).toBe(`${String(wanted)} is seen`)
}

/** Tab, or Shift+Tab, until it has the focus. Fails where it is nowhere, and where the focus is lost on the way. */
export async function tabTo(page: Page, wanted: string | RegExp, { back = false, most = 60 } = {}): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    const now = await focusOf(page)
    passed.push(now)
    if (typeof wanted === 'string' ? now === wanted : wanted.test(now)) return focusComesTo(page, wanted)
  }
  throw new Error(`${String(wanted)} was not reached; passed: ${passed.join(' | ')}`)
}
