import { reactive, readonly, watch } from 'vue'

export const columns = ['To do', 'In progress', 'Done'] as const
export type Column = (typeof columns)[number]

export interface Card {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly column: Column
  /** Steps of the card that are done, and how many there are. */
  readonly steps?: readonly [done: number, all: number]
  /** How often it was changed since the page was opened: a change is shown for a moment. */
  readonly changes: number
}

/** The app's own state: it knows nothing of agents. */
export interface Board {
  readonly cards: readonly Card[]
  add(title: string, column?: Column): Card
  move(id: string, column: Column): void
  remove(id: string): void
  /** The card whose title is closest to these words. */
  find(words: string): Card | undefined
}

const firstCards: readonly Card[] = [
  { id: 'venue', title: 'Book the venue', note: 'Two offers so far, the boathouse is free on the 14th.', column: 'To do', changes: 0 },
  { id: 'press', title: 'Write to the press list', note: '', column: 'To do', changes: 0 },
  { id: 'photos', title: 'Choose the photos', note: 'Nothing with the old logo.', column: 'To do', steps: [1, 4], changes: 0 },
  { id: 'form', title: 'Fix the sign-up form', note: 'It lost the last name on phones.', column: 'In progress', steps: [3, 3], changes: 0 },
  { id: 'prices', title: 'Agree on prices', note: 'Ines asks for a student price.', column: 'In progress', steps: [1, 2], changes: 0 },
  { id: 'name', title: 'Settle on the name', note: '', column: 'Done', changes: 0 },
]

const key = 'launch-board'

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** `storage` absent: the browser keeps nothing for this page, and the board is as long as the page is. */
export function createBoard(storage: Storage | undefined): Board {
  const cards = reactive<Card[]>(readCards(storage))
  watch(cards, () => storage?.setItem(key, JSON.stringify(cards.map(({ changes: _, ...card }) => card))))
  addEventListener('storage', (event) => {
    // Another tab has changed the board. What is written back then is what is there: nobody is told of that.
    const changes = new Map(cards.map((card) => [card.id, card.changes]))
    if (event.key === key) cards.splice(0, cards.length, ...readCards(storage).map((card) => ({ ...card, changes: changes.get(card.id) ?? 0 })))
  })

  function change(id: string, change: Partial<Card>): void {
    const index = cards.findIndex((card) => card.id === id)
    const [card] = cards.splice(index, index < 0 ? 0 : 1)
    if (card) cards.push({ ...card, ...change, changes: card.changes + 1 })
  }

  return {
    cards: readonly(cards),
    add(title, column = 'To do') {
      const card: Card = { id: crypto.randomUUID(), title, note: '', column, changes: 1 }
      cards.push(card)
      return card
    },
    move: (id, column) => change(id, { column }),
    remove(id) {
      const index = cards.findIndex((card) => card.id === id)
      if (index >= 0) cards.splice(index, 1)
    },
    find(words) {
      const wanted = wordsOf(words)
      const score = (card: Card): number => wordsOf(card.title).filter((word) => wanted.includes(word)).length
      return cards.filter((card) => score(card) > 0).sort((a, b) => score(b) - score(a))[0]
    },
  }
}

const isCard = (value: unknown): value is Card =>
  typeof value === 'object' && value !== null && 'id' in value && 'title' in value && 'column' in value && columns.some((column) => column === value.column)

function readCards(storage: Storage | undefined): Card[] {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(key) ?? '')
    if (Array.isArray(stored)) return stored.filter(isCard).map((card) => ({ ...card, changes: 0 }))
  } catch {
    // Nothing is stored yet, or nothing that can be read: the board begins anew.
  }
  return [...firstCards]
}
