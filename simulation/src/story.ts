import { Dice } from './dice.ts'

/** How often each thing happens, against the others. */
const weights = {
  start: 7,
  prompt: 6,
  stop: 3,
  withdraw: 2,
  answer: 4,
  select: 2,
  purge: 1,
  open: 2,
  loadOlder: 2,
  clear: 1,
  pin: 3,
  retention: 2,
  tell: 60,
  deliver: 55,
  deliverEarly: 8,
  deliverTwice: 8,
  lose: 3,
  disconnect: 2,
  reconnect: 4,
  refuseNext: 1,
  slowStorage: 2,
  failStorage: 3,
  loseAnswer: 2,
  healStorage: 4,
  wait: 14,
  sleep: 1,
  wallClock: 1,
  crash: 2,
  usurp: 1,
  openWindow: 2,
  cutWindow: 2,
  closeWindow: 1,
  tellAgain: 3,
  restartHost: 1,
  forgetHost: 1,
  slowLine: 1,
  healLine: 2,
  garble: 1,
  hide: 1,
  quit: 1,
  standby: 2,
  haunt: 2,
  burst: 5,
  failLong: 1,
  hangStorage: 1,
} as const

export type StepName = keyof typeof weights

export const isStepName = (name: string): name is StepName => Object.hasOwn(weights, name)

/** One thing that happens. The numbers choose among what there is when it does, so that a story can be told without some of its steps. */
export interface Step {
  readonly name: StepName
  readonly a: number
  readonly b: number
}

const bag = Object.entries(weights).flatMap(([name, weight]) => Array.from({ length: weight }, () => name)).filter(isStepName)

export function tellStory(seed: number, length: number): Step[] {
  const dice = new Dice(seed)
  return Array.from({ length }, () => ({ name: bag[dice.below(bag.length)] ?? 'wait', a: dice.below(1_000_000), b: dice.below(1_000_000) }))
}
