const units = [
  { ms: 86_400_000, one: 'day', many: 'days' },
  { ms: 3_600_000, one: 'hour', many: 'hours' },
  { ms: 60_000, one: 'minute', many: 'minutes' },
  { ms: 1_000, one: 'second', many: 'seconds' },
]

/** A length of time in its two largest units, such as `1 hour 2 minutes`. */
export function durationInWords(ms: number): string {
  const seconds = Math.floor(ms / 1_000) * 1_000
  const first = units.findIndex((unit) => seconds >= unit.ms)
  if (first === -1) return '0 seconds'
  let rest = seconds
  const parts: string[] = []
  for (const { ms: length, one, many } of units.slice(first, first + 2)) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`)
  }
  return parts.join(' ')
}

/** As a clock shows it: `1:05`, `2:00:07`. */
export function durationInDigits(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (part: number): string => String(part).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Short, for beside something: `0.4 s`, `12 s`, `3 min 20 s`. */
export function durationInShort(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  return `${Math.floor(seconds / 3_600)} h${Math.floor(seconds / 60) % 60 === 0 ? '' : ` ${Math.floor(seconds / 60) % 60} min`}`
}

/** How fast, beside how fast it was. */
export const speedInWords = (speed: number): string => (speed === 1 ? 'as fast as it was' : speed === 0.5 ? 'half as fast' : `${speed} times as fast`)
