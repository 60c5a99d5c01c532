/** The public types, as an app's author meets them: what compiles, and with `@ts-expect-error` what must not. Checked by tsc. */
import { expectTypeOf } from 'vitest'
import {
  createAgentStore,
  createMemoryStorage,
  defaultLimits,
  newId,
  systemClock,
  AgentSessionError,
  type AgentEvent,
  type AgentSession,
  type AgentSessionErrorCode,
  type AgentStore,
  type AgentTransport,
  type Clock,
  type CommandResult,
  type Limits,
  type Notification,
  type OwnedAgentStore,
  type PromptResult,
  type RestoreResult,
  type SessionChange,
  type SessionMessage,
  type SessionNotice,
  type SessionStatus,
  type SessionStorage,
  type StartResult,
  type StoreChange,
} from './index.ts'
import { createFaultyStorage, createManualClock, createScriptedTransport } from './testing/index.ts'

declare const store: AgentStore
declare const session: AgentSession
declare const transport: AgentTransport

// Only a transport is required.
expectTypeOf(createAgentStore({ transport })).toEqualTypeOf<OwnedAgentStore>()
createAgentStore({ transport, storage: createMemoryStorage(), clock: systemClock, limits: { stallMs: 1 }, newId, random: Math.random, redact: (text) => text })
// @ts-expect-error a store without a transport
createAgentStore({})
// @ts-expect-error a limit that does not exist
createAgentStore({ transport, limits: { stallMS: 1 } })
// @ts-expect-error limits are numbers
createAgentStore({ transport, limits: { stallMs: '15 min' } })
// @ts-expect-error an id is made at once
createAgentStore({ transport, newId: async () => 'x' })

// One session's limits are those of a store.
void store.start('p', { provider: 'claude', prompt: 'x', limits: { stallMs: 1, pageSize: 5 } })
// @ts-expect-error a limit that does not exist
void store.start('p', { provider: 'claude', prompt: 'x', limits: { stallMS: 1 } })
expectTypeOf(session.limits).toEqualTypeOf<Partial<Limits> | undefined>()

// A start names provider and prompt; every option of B5 is there.
void store.start('p', { provider: 'claude', prompt: 'x' })
void store.start('p', {
  provider: 'anything',
  prompt: [{ type: 'text', text: 'x' }, { type: 'image', mimeType: 'image/png', data: '' }, { type: 'file', uri: 'file:///x' }],
  cwd: '/',
  model: 'm',
  systemPrompt: 's',
  maxTurns: 1,
  permissionMode: 'plan',
  claudeConfigDir: '/c',
  extraEnv: { A: 'b' },
  additionalDirectories: ['/d'],
  worktreeName: 'w',
  ifRunning: 'background',
})
// @ts-expect-error no prompt
void store.start('p', { provider: 'claude' })
// @ts-expect-error no provider
void store.start('p', { prompt: 'x' })
// @ts-expect-error an unknown way
void store.start('p', { provider: 'claude', prompt: 'x', ifRunning: 'kill' })
// @ts-expect-error an unknown option
void store.start('p', { provider: 'claude', prompt: 'x', workdir: '/' })
// @ts-expect-error absent, not undefined
void store.start('p', { provider: 'claude', prompt: 'x', cwd: undefined })
// @ts-expect-error a part without its data
void store.start('p', { provider: 'claude', prompt: [{ type: 'image', mimeType: 'image/png' }] })

// Answers are told apart by `ok`; a refusal always has a code and words.
expectTypeOf(store.start('p', { provider: 'x', prompt: 'x' })).resolves.toEqualTypeOf<StartResult>()
function answers(started: StartResult, prompted: PromptResult, done: CommandResult): void {
  if (started.ok) expectTypeOf(started.sessionId).toEqualTypeOf<string>()
  else {
    expectTypeOf(started.code).toEqualTypeOf<AgentSessionErrorCode>()
    expectTypeOf(started.error).toEqualTypeOf<string>()
    expectTypeOf(started.sessionId).toEqualTypeOf<string | undefined>()
  }
  if (prompted.ok) expectTypeOf(prompted.queued).toEqualTypeOf<boolean>()
  // @ts-expect-error not before it is known to be a refusal
  void done.error
  // @ts-expect-error not before it is known to have begun
  void started.sessionId.length
}
void answers

function outcomes(restored: RestoreResult): void {
  if (restored.outcome === 'failed') expectTypeOf(restored.error).toEqualTypeOf<AgentSessionError>()
  else if (restored.outcome !== 'none') expectTypeOf(restored.sessionId).toEqualTypeOf<string>()
  // @ts-expect-error nothing came back, so there is no id
  else void restored.sessionId
}
void outcomes

// A session is read-only, all the way down.
expectTypeOf(session.status).toEqualTypeOf<SessionStatus>()
expectTypeOf(session.messages).toEqualTypeOf<readonly SessionMessage[]>()
expectTypeOf(session.lastMessage).toEqualTypeOf<SessionMessage | undefined>()
expectTypeOf(session.error).toEqualTypeOf<string | undefined>()
expectTypeOf(session.saved).toEqualTypeOf<'saved' | 'saving' | 'failing'>()
expectTypeOf(session.continuity).toEqualTypeOf<'gapped' | 'restarted' | undefined>()
expectTypeOf(session.loadOlder(5)).resolves.toEqualTypeOf<number>()
expectTypeOf(store.getSession('p')).toEqualTypeOf<AgentSession | undefined>()
// @ts-expect-error a status is not set by an app
session.status = 'done'
// @ts-expect-error messages are a snapshot
session.messages.push()
// @ts-expect-error a message is never changed in place
if (session.lastMessage) session.lastMessage.content = ''
// @ts-expect-error a queue is changed by commands
session.queue.length = 0
// @ts-expect-error an index may be outside
void session.messageAt(0).content

// Each event of a store has its own payload; a subscription gives its own end.
expectTypeOf(store.on('notification', () => {})).toEqualTypeOf<() => void>()
store.on('notification', (told) => expectTypeOf(told).toEqualTypeOf<Notification>())
store.on('change', (told) => expectTypeOf(told).toEqualTypeOf<StoreChange>())
store.on('error', (told) => expectTypeOf(told).toEqualTypeOf<AgentSessionError>())
// @ts-expect-error an event that does not exist
store.on('changed', () => {})
// @ts-expect-error there is no off
store.off('change', () => {})
session.subscribe((notice) => expectTypeOf(notice).toEqualTypeOf<SessionNotice>())
session.subscribe(({ fields }) => {
  void fields.has('messages')
  // @ts-expect-error a field that a session does not have
  void fields.has('message')
})
session.subscribeMessage('m', (message) => expectTypeOf(message).toEqualTypeOf<SessionMessage | undefined>())

// Changes and events are told apart by `type`.
function told(change: SessionChange, event: AgentEvent): void {
  if (change.type === 'message-extended') expectTypeOf(change.offset).toEqualTypeOf<number>()
  // @ts-expect-error not every change has a text
  void change.text
  if (event.type === 'connection') {
    // @ts-expect-error a connection is of no session
    void event.sessionId
  } else expectTypeOf(event.sessionId).toEqualTypeOf<string>()
  if (event.type === 'delta') expectTypeOf(event.offset).toEqualTypeOf<number | undefined>()
}
void told

// The ports can be written by hand with what they require, and no more.
const port: AgentTransport = {
  start: async () => ({ ok: true }),
  prompt: async () => ({ ok: false, error: 'no', code: 'any word of its own' }),
  stop: async () => ({ ok: true }),
  subscribe: () => () => {},
}
void port
// @ts-expect-error a refusal says why
void ({ ...port, start: async () => ({ ok: false }) } satisfies AgentTransport)
// @ts-expect-error a transport that nobody can hear
void ({ start: port.start, prompt: port.prompt, stop: port.stop } satisfies AgentTransport)
expectTypeOf(systemClock).toEqualTypeOf<Clock>()
const { commit: _commit, ...incomplete } = createMemoryStorage()
// @ts-expect-error a storage that cannot commit
void (incomplete satisfies SessionStorage)
// @ts-expect-error atomic is said only where it is not
void ({ ...createMemoryStorage(), atomic: true } satisfies SessionStorage)

// Errors are one family, with codes.
declare const unknownError: unknown
if (AgentSessionError.isInstance(unknownError)) expectTypeOf(unknownError.code).toEqualTypeOf<AgentSessionErrorCode>()
// @ts-expect-error a code that does not exist
void new AgentSessionError('oops', 'x')
// @ts-expect-error limits are read, not changed
defaultLimits.stallMs = 5

// What tests are made of fits the ports.
const clock = createManualClock()
createAgentStore({
  transport: createScriptedTransport({ clock, script: async (turn) => turn.stream('x', { pieceMs: 5 }) }),
  clock,
  storage: createFaultyStorage({ storage: createMemoryStorage(), clock }),
})
// @ts-expect-error a script that answers something else
createScriptedTransport({ reply: () => ({ ok: 'yes' }) })
