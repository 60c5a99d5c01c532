// Wrong use is a type error: `tsc` fails where one of these is none any more.

import { agentSession, provideAgentStore, useAgentSession, useCommand, usePermissions, useProjectHealth, useSessionById, useSessionList } from '@agent-session/adapter-svelte'
import type { AgentSession, AgentStore, CommandResult, Health, OpenPermission, PermissionRequest, Refusal, SessionMessage, SessionStatus, SessionSummary } from '@agent-session/core'
import { expectTypeOf } from 'vitest'

declare const store: AgentStore
declare const session: AgentSession

const agent = useAgentSession(store, () => 'project')

expectTypeOf(agent.status).toEqualTypeOf<SessionStatus | undefined>()
expectTypeOf(agent.costUsd).toEqualTypeOf<number>()
expectTypeOf(agent.live).toEqualTypeOf<boolean>()
expectTypeOf(agent.messages).toExtend<readonly SessionMessage[]>()
expectTypeOf(agent.permissions).toExtend<readonly PermissionRequest[]>()
expectTypeOf(agent.message('id')).toEqualTypeOf<SessionMessage | undefined>()
expectTypeOf(agent.session).toEqualTypeOf<AgentSession | undefined>()
expectTypeOf(agentSession(session).status).toEqualTypeOf<SessionStatus>()
expectTypeOf(provideAgentStore(store)).toEqualTypeOf<AgentStore>()
expectTypeOf(useSessionList(store).sessions).toEqualTypeOf<readonly SessionSummary[]>()
expectTypeOf(useSessionList(store, { projectId: () => undefined }).hasMore).toEqualTypeOf<boolean>()
expectTypeOf(useSessionById(store, 'id').session).toEqualTypeOf<AgentSession | undefined>()
expectTypeOf(useProjectHealth(store, 'project').health).toEqualTypeOf<Health | undefined>()
expectTypeOf(usePermissions(store, { projectId: 'project' }).permissions).toEqualTypeOf<readonly OpenPermission[]>()
expectTypeOf(useCommand(agent.withdraw).run).toEqualTypeOf<(messageId: string) => Promise<CommandResult | Refusal>>()
expectTypeOf(useCommand(agent.withdraw).refusal).toEqualTypeOf<Refusal | undefined>()

// @ts-expect-error the store comes first
useAgentSession('project')
// @ts-expect-error a project is named by text
useAgentSession(store, 1)
// @ts-expect-error a getter gives text
useAgentSession(store, () => undefined)
// @ts-expect-error parts are read-only
agent.status = 'done'
// @ts-expect-error what is shown is not to be changed in place
agent.messages.push(agent.lastMessage)
// @ts-expect-error a start names its provider
void agent.start({ prompt: 'hello' })
// @ts-expect-error an answer is an option of the request, by its id
void agent.respond('request', 'allow')
// @ts-expect-error it takes a session, not its id
agentSession('session')
// @ts-expect-error it runs with what its command takes
void useCommand(agent.withdraw).run(1)
// @ts-expect-error a command answers by a promise
useCommand(() => 1)
// @ts-expect-error there may be no store yet: give it where there is one
useAgentSession(Math.random() > 0.5 ? store : undefined, 'project')
// @ts-expect-error neither may what is provided be missing
provideAgentStore(undefined)
// @ts-expect-error a question is of a session, and named with it
void usePermissions(store).respond('request', { optionId: 'allow' })
