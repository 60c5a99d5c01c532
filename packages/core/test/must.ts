/** The value, where the test cannot go on without it. */
export function must<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error('A value that the test needs is not there.')
  return value
}
