import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readStory } from './story-text.ts'
import type { Step } from './story.ts'

/** A story that broke a promise once. It is kept step by step: a seed means another story as soon as there are other steps. */
export interface KeptStory {
  readonly name: string
  /** What was wrong. */
  readonly found: string
  readonly story: readonly Step[]
}

const folder = new URL('../kept-stories/', import.meta.url)

/** All of `kept-stories/`: in each file a first line `# what was wrong`, then the steps as a failing run prints them. */
export function keptStories(): KeptStory[] {
  return readdirSync(fileURLToPath(folder))
    .filter((file) => file.endsWith('.txt'))
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8')
      return { name: basename(file, '.txt'), found: text.split('\n')[0]?.replace(/^#\s*/, '') ?? '', story: readStory(text) }
    })
}
