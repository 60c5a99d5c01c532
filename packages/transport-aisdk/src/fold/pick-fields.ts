import { type Fields, fieldsOf } from '@agent-session/core/transport'

/** The fields of these names that are there, as they are. */
export function pickFields(value: unknown, names: readonly string[]): Fields {
  const all = fieldsOf(value) ?? {}
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(all, name) && all[name] !== undefined ? [[name, all[name]]] : [])))
}
