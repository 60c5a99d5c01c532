import axe from 'axe-core'
import type { Page } from 'playwright'

/** What axe finds on a part of the page, for a person who mends it. Colours move while something fades: it is let end. */
export async function axeOf(page: Page, part: string): Promise<string[]> {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations !== Infinity).map(({ finished }) => finished)))
  // As a script of the page it would be refused by the page's policy.
  await page.evaluate(axe.source)
  const found = await page.evaluate(`axe.run(${JSON.stringify(part)}, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => [id, help, html, failureSummary].join('; '))))`)
  if (!Array.isArray(found)) throw new Error('axe gave no list.')
  return found.map(String)
}
