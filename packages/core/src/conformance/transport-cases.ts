import type { TransportCase } from './transport-case.ts'
import { failingCases } from './transport-failing-cases.ts'
import { lifetimeCases } from './transport-lifetime-cases.ts'
import { permissionCases } from './transport-permission-cases.ts'
import { runningCases } from './transport-running-cases.ts'
import { stoppingCases } from './transport-stopping-cases.ts'

/** Every promise of `AgentTransport`, for any test runner: `for (const { name, run } of transportCases) test(name, () => run(setup))`. */
export const transportCases: readonly TransportCase[] = [...runningCases, ...stoppingCases, ...permissionCases, ...failingCases, ...lifetimeCases]
