import { atomicityCases } from './storage-atomicity-cases.ts'
import type { StorageCase } from './storage-case.ts'
import { identityCases } from './storage-identity-cases.ts'
import { leaseCases } from './storage-lease-cases.ts'
import { lifetimeCases } from './storage-lifetime-cases.ts'
import { readingCases } from './storage-reading-cases.ts'
import { roundTripCases } from './storage-round-trip-cases.ts'

/** A session, a message and a batch to begin with, for the tests that an author adds to the cases. */
export { batchOf as sampleBatch, messageWith as sampleMessage, sessionWith as sampleSession } from './sample-records.ts'
export type { StorageCase } from './storage-case.ts'
export type { StorageSetup } from './storage-setup.ts'

/** Every promise of `SessionStorage`, for any test runner: `for (const { name, run } of storageCases) test(name, () => run(setup))`. */
export const storageCases: readonly StorageCase[] = [...roundTripCases, ...identityCases, ...readingCases, ...atomicityCases, ...leaseCases, ...lifetimeCases]
export { checkStream, type CheckStreamOptions } from './check-stream.ts'
export { playStream, type PlayedStream } from './play-stream.ts'
export { brokenRules, type RuledSession } from './session-rules.ts'
export type { ExpectedEnd, RecordedStream, StreamFold } from './stream-fold.ts'
export type { TransportCase } from './transport-case.ts'
export type { TransportScene, TransportSetup, TransportUnderTest } from './transport-setup.ts'
export { transportCases } from './transport-cases.ts'
