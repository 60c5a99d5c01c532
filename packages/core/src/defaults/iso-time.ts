/** A time as ISO 8601 writes it, as epoch ms; `undefined` where it is none. Reads no clock: it stands here because `Date` may. */
export function isoTime(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isFinite(time) ? time : undefined
}

/** Epoch ms as ISO 8601 writes it, for people; as it is where no calendar has it. */
export function isoText(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
}
