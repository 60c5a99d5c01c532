/** What a subscriber saw at its last notice, and how many it had. */
export interface Seen {
  notices: number
  status: string
  count: number
  /** Of the last message's text. */
  characters: number
}

export const nothingSeen = (): Seen => ({ notices: 0, status: '', count: 0, characters: 0 })
