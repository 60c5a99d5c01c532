import type { AgentStore } from '@agent-session/core'
import type { CallName, HostCalls } from '../protocol/host-functions.ts'
import { encodeError } from '../protocol/wire-error.ts'
import type { CallArguments } from './call-arguments.ts'

type Run<Name extends CallName> = (store: AgentStore, args: CallArguments) => Promise<ReturnType<HostCalls[Name]>>

const runs: { readonly [Name in CallName]: Run<Name> } = {
  start: (store, args) => store.start(args.projectId(0), args.startRequest(1)),
  prompt: (store, args) => store.prompt(args.projectId(0), args.prompt(1)),
  promptSession: (store, args) => store.promptSession(args.sessionId(0), args.prompt(1)),
  stop: (store, args) => store.stop(args.projectId(0)),
  stopSession: (store, args) => store.stopSession(args.sessionId(0)),
  respond: (store, args) => store.respond(args.sessionId(0), args.text(1), args.reply(2)),
  withdraw: (store, args) => store.withdraw(args.sessionId(0), args.text(1)),
  importSession: (store, args) => store.importSession(args.importedSession(0)),
  retry: (store, args) => store.retry(args.sessionId(0), args.text(1)),
  forkSession: (store, args) => store.forkSession(args.sessionId(0)),
  logIn: (store, args) => store.logIn(args.sessionId(0), args.text(1)),
  listForeignSessions: (store, args) => store.listForeignSessions(args.projectId(0), args.foreignQuery(1)),
  listProviders: (store) => store.listProviders(),
  configure: (store, args) => store.configure(args.sessionId(0), args.configuration(1)),
  rename: (store, args) => store.rename(args.sessionId(0), args.text(1)),
  pin: (store, args) => store.pin(args.sessionId(0), args.flag(1)),
  setBudget: (store, args) => store.setBudget(args.sessionId(0), args.optionalBudget(1)),
  setRetention: (store, args) => store.setRetention(args.retention(0)),
  takeOver: (store) => store.takeOver(),
  planRetention: (store, args) => store.planRetention(args.projectId(0), args.optionalRetention(1)),
  loadSettings: (store) => store.loadSettings(),
  select: (store, args) => store.select(args.projectId(0), args.sessionId(1)),
  clear: (store, args) => store.clear(args.projectId(0)),
  purge: (store, args) => store.purge(args.sessionId(0), args.purgeOptions(1)),
  purgeProject: (store, args) => store.purgeProject(args.projectId(0)),
  restore: async (store, args) => {
    const result = await store.restore(args.projectId(0))
    return result.outcome === 'failed' ? { outcome: 'failed', error: encodeError(result.error) } : result
  },
  openSession: async (store, args) => (await store.openSession(args.sessionId(0))) !== undefined,
  listSessions: (store, args) => store.listSessions(args.optionalProjectId(0), args.page(1)),
  loadMessages: (store, args) => store.loadMessages(args.sessionId(0), args.range(1)),
  search: (store, args) => store.search(args.text(0), args.page(1)),
  flush: async (store) => {
    await store.flush()
    return null
  },
}

/** Whether a mirror may call this. */
export const isCallName = (name: string): name is CallName => Object.hasOwn(runs, name)

/** Runs a call of a mirror on the store. Rejects with `invalid-argument` before the store hears of it where an argument is none. */
export async function runCall(store: AgentStore, name: CallName, args: CallArguments): Promise<ReturnType<HostCalls[CallName]>> {
  return runs[name](store, args)
}
