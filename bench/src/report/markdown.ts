import type { Table } from './table.ts'

function grid(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) => Math.max(column.length, 3, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width)).join(' | ')} |`
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** A table with its goals, as it is printed and as it is written. */
export function markdown({ title, how, columns, rows, goals, remarks = [], profiles = [] }: Table): string {
  const parts = [`## ${title}`, how, grid(columns, rows)]
  if (goals.length > 0) {
    const checked = goals.map(({ what, goal, measured, reached }) => [what, goal, measured, reached ? 'reached' : '**not reached**'])
    parts.push(grid(['goal', 'is to be', 'is', ''], checked))
  }
  const missed = goals.some(({ reached }) => !reached)
  if (missed && remarks.length > 0) parts.push(['What is in the way, and what was tried:', '', ...remarks.map((remark) => `- ${remark}`)].join('\n'))
  for (const { of, lines } of profiles) {
    parts.push(`Where it goes: ${of}.`, grid(['share', ''], lines.map(({ name, share }) => [`${(share * 100).toFixed(1)} %`, `\`${name}\``])))
  }
  return parts.join('\n\n')
}
