// What an agent or a tool says is never more than words.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { patience, useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

test('in a prompt, an answer, a file and a question: nothing runs, nothing is fetched, nothing hides', async () => {
  const data = await temporaryFolder()
  const host = startHost(data)
  const page = await browser.open(await host.url())
  const requests: string[] = []
  page.page.on('request', (request) => requests.push(new URL(request.url()).hostname))

  const words = '<img src=x onerror="document.title=1"> [click](javascript:alert(1)) ![pixel](https://evil.example/p.png) <script>document.title=1</script>'
  await page.sayAndWait(`think about ${words}`)
  await page.shows('<img src=x onerror=')
  await page.shows('[image: pixel]')

  await writeFile(path.join(data, 'sandbox', 'evil.txt'), `${words}\n\u001B[31mred\u001B[0m \u202Egnp.exe`)
  await page.sayAndWait('read evil.txt')
  await page.shows('red gnp.exe')

  await page.say('run echo \u202Etxt.exe')
  // What will be carried out is written out.
  await expect.poll(() => page.permission.innerText(), patience).toContain('\\u{202e}txt.exe')
  await page.answer('Reject')
  await page.comesTo('Done')

  const log = page.log
  expect(await log.locator('img, script, iframe, [onerror], a[href^="javascript"]').count()).toBe(0)
  expect(await page.page.title()).not.toBe('1')
  expect(new Set(requests)).toEqual(new Set(requests.length === 0 ? [] : ['127.0.0.1']))
  expect(page.complaints).toEqual([])
})
