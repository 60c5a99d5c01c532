import { atomicityCases } from './storage-atomicity-cases.ts'
import type { StorageCase } from './storage-case.ts'
import { identityCases } from './storage-identity-cases.ts'
import { lifetimeCases } from './storage-lifetime-cases.ts'
import { readingCases } from './storage-reading-cases.ts'
import { roundTripCases } from './storage-round-trip-cases.ts'

export type { StorageCase, StorageSetup } from './storage-case.ts'

/** Every promise of `SessionStorage`, for any test runner: `for (const { name, run } of storageCases) test(name, () => run(setup))`. */
export const storageCases: readonly StorageCase[] = [...roundTripCases, ...identityCases, ...readingCases, ...atomicityCases, ...lifetimeCases]
