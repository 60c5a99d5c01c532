import { createAnsiSequenceParser, namedColors, type Color, type ParseToken } from 'ansi-sequence-parser'
import { cleanText, joinLines, splitSequences } from './clean-text.ts'

const hues = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

type Hue = (typeof hues)[number]

/** A piece of what a terminal would show, all of one look. `back` is only ever a tint: no colour may hide a word. */
export interface TerminalRun {
  readonly text: string
  readonly fore?: Hue
  readonly back?: Hue
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
  readonly strikethrough?: true
}

/** A page with a span for each character would not scroll: after so many the rest comes without its looks. */
const mostRuns = 4_000

/**
 * The runs of a text with colours of a terminal, as data. Put together they are `cleanText(text)`, character for
 * character. Of colours the eight hues are left, which the page draws so that they can be read in light and in dark.
 */
export function terminalRuns(text: string): readonly TerminalRun[] {
  if (!text.includes('\u001B[')) return [{ text: cleanText(text) }]
  const parser = createAnsiSequenceParser()
  const runs: TerminalRun[] = []
  const push = (look: Omit<TerminalRun, 'text'>, more: string): void => {
    const last = runs.at(-1)
    if (last !== undefined && (runs.length >= mostRuns || sameLook(last, look))) runs[runs.length - 1] = { ...last, text: last.text + more }
    else if (runs.length === mostRuns - 1) runs.push({ text: more })
    else runs.push({ ...look, text: more })
  }
  const lines = joinLines()
  for (const { sequence, text: between } of splitSequences(text)) {
    if (sequence !== undefined) {
      const codes = /^\u001B\[([\d;:]*)m$/.exec(sequence)?.[1]
      // No code at all is a reset, and some write colons between them. Unasked the parser knows neither.
      if (codes !== undefined) parser.parse(`\u001B[${codes === '' ? '0' : codes.replace(/:+/g, ';')}m`)
      continue
    }
    const readable = lines(between)
    for (const token of readable === '' ? [] : parser.parse(readable)) push(lookOf(token), token.value)
  }
  return runs
}

const sameLook = ({ text: _, ...run }: TerminalRun, look: Omit<TerminalRun, 'text'>): boolean => JSON.stringify(run) === JSON.stringify(look)

/** What hides, blinks or overlines is no look here. */
function lookOf({ foreground, background, decorations }: ParseToken): Omit<TerminalRun, 'text'> {
  const reversed = decorations.has('reverse')
  const fore = foreground === null ? undefined : hueOf(foreground)
  const back = background === null ? undefined : hueOf(background)
  const tint = reversed ? (fore ?? 'white') : back
  return {
    ...(!reversed && fore !== undefined && { fore }),
    ...(tint !== undefined && { back: tint }),
    ...(decorations.has('bold') && { bold: true }),
    ...(decorations.has('dim') && { dim: true }),
    ...(decorations.has('italic') && { italic: true }),
    ...(decorations.has('underline') && { underline: true }),
    ...(decorations.has('strikethrough') && { strikethrough: true }),
  }
}

function hueOf(color: Color): Hue | undefined {
  switch (color.type) {
    case 'named':
      return hues[namedColors.indexOf(color.name) % 8]
    case 'rgb':
      return nearestHue(color.rgb)
    case 'table': {
      const { index } = color
      if (!Number.isInteger(index) || index < 0 || index > 255) return undefined
      if (index < 16) return hues[index % 8]
      if (index >= 232) return nearestHue([8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10])
      const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40)
      const at = index - 16
      return nearestHue([level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)])
    }
  }
}

/** By the channels that are strong: a bit each, as the eight hues themselves are numbered. */
function nearestHue([red, green, blue]: readonly [number, number, number]): Hue | undefined {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)]
  const grey = most - least < 32
  if (grey) return most < 96 ? 'black' : 'white'
  const middle = (most + least) / 2
  return hues[(red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0)]
}
