import { Marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { MarkdownText } from './markdown.ts'

const whole = (text: string): string => new MarkdownText().blocks(text, true).join('')

function rendered(text: string): HTMLElement {
  const element = document.createElement('div')
  element.innerHTML = whole(text)
  return element
}

describe('what an agent writes', () => {
  test('is Markdown', () => {
    expect(whole('# Title\n\nSome **bold** `code`\n\n- one\n- two')).toBe('<h1>Title</h1>\n<p>Some <strong>bold</strong> <code>code</code></p>\n<ul dir="auto">\n<li>one</li>\n<li>two</li>\n</ul>\n')
  })

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'a <b onclick="alert(1)">b</b> c',
    '<iframe src="https://evil.example"></iframe>',
    '<!-- hidden -->',
    '<style>* { display: none }</style>',
    '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
  ])('has no HTML of its own: %s', (text) => {
    const element = rendered(text)
    expect(element.querySelector(':not(p)')).toBeNull()
    expect(element.textContent?.trim()).toBe(text)
  })

  test.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', '//evil.example', '/api/host', '#/x', 'java\tscript:alert(1)'])(
    'has no link to %s',
    (target) => {
      expect(rendered(`[a link](<${target}>)`).querySelector('a')).toBeNull()
    },
  )

  test.each(['https://example.org/a?b=c&d', 'http://example.org/', 'mailto:someone@example.org'])('may link to %s', (target) => {
    const link = rendered(`[a link](${target})`).querySelector('a')
    expect(link?.getAttribute('href')).toBe(target)
    expect(link?.rel).toContain('noopener')
    expect(link?.target).toBe('_blank')
  })

  test('has no images: they are links that one may follow', () => {
    const element = rendered('![a pixel](https://evil.example/pixel.png) ![x](data:image/png;base64,AAAA)')
    expect(element.querySelector('img')).toBeNull()
    expect(element.querySelector('a')?.textContent).toBe('[image: a pixel]')
  })
})

describe('a text that grows', () => {
  const text = '# A title\n\nThe *first* paragraph\nof two lines\n\n- one\n- two\n\n  still two\n\n1. a\n2. b\n\n```js\nconst a = 1\n\nconst b = 2\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nA heading\n===\n\n> quoted\n\nThe end.'

  test.each([1, 3, 7, 20])('reads the same in pieces of %i as at once', (size) => {
    const markdown = new MarkdownText()
    for (let end = size; end < text.length; end += size) markdown.blocks(text.slice(0, end), false)
    expect(markdown.blocks(text, false).join('')).toBe(whole(text))
  })

  test('keeps the HTML of what it has passed', () => {
    const markdown = new MarkdownText()
    const [first] = markdown.blocks('First.\n\nSecond.\n\nThird.', false)
    expect(markdown.blocks('First.\n\nSecond.\n\nThird, and on.\n\nFourth.', false)[0]).toBe(first)
  })

  test('has no more of it read for a word than the blocks at its end, however long it is', () => {
    const marked = new Marked({ gfm: true })
    let characters = 0
    const markdown = new MarkdownText((text) => {
      characters += text.length
      return marked.lexer(text)
    })
    const paragraphs = (count: number): string => Array.from({ length: count }, (_, index) => `Paragraph ${index} of *some* words.\n\n`).join('')
    let grown = paragraphs(2_000)
    markdown.blocks(grown, false)
    expect(characters).toBe(grown.length)
    characters = 0
    for (let word = 0; word < 100; word += 1) expect(markdown.blocks((grown += `word ${word} `), false).length).toBe(2_001)
    expect(characters / 100).toBeLessThan(1_000)
    expect(markdown.blocks(grown, false).join('')).toBe(whole(grown))
  })

  const dirty = 'One\r\ntwo\r\n\u202Ethree\r\nfour'
  test.each([
    [1, dirty],
    [2, dirty],
    [1, `${dirty}\u001B[31mred\u001B[0m\r\n\r\nfive\u001B]0;title\u0007 six`],
    [5, `${dirty}\u001B[31mred\u001B[0m\r\n\r\nfive\u001B]0;title\u0007 six`],
  ])('is as clean in pieces of %i as at once: %j', (size, text) => {
    const markdown = new MarkdownText()
    for (let end = size; end < text.length; end += size) markdown.blocks(text.slice(0, end), false)
    expect(markdown.blocks(text, false).join('')).toBe(whole(text))
  })

  test('finds at its end where an earlier link leads', () => {
    const markdown = new MarkdownText()
    markdown.blocks('See [it][1].\n\nMore.\n\nAnd more.', false)
    expect(markdown.blocks('See [it][1].\n\nMore.\n\nAnd more.\n\n[1]: https://example.org/', true).join('')).toContain('href="https://example.org/"')
  })
})
