const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** Tokens: exact while they are few. */
export const formatCount = (count: number): string => (count < 10_000 ? whole.format(count) : compact.format(count))

export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  return usd < 0.1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

export const formatTime = (at: number): string => time.format(at)
export const formatMoment = (at: number): string => full.format(at)

/** The time for today, else the day. */
export function formatWhen(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? time.format(at) : day.format(at)
}

export function firstLine(text: string, most = 80): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line
}
