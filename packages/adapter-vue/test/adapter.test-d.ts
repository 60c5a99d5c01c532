// Wrong use is a type error: `tsc` fails where one of these is none any more.

import { agentSessionPlugin, provideAgentStore, useAgentSession, useCommand, useMessage, usePermissions, useProjectHealth, useSession, useSessionById, useSessionList } from '@agent-session/adapter-vue'
import type { AgentSession, AgentStore, CommandResult, Health, OpenPermission, PermissionRequest, Refusal, SessionMessage, SessionStatus, SessionSummary } from '@agent-session/core'
import { expectTypeOf } from 'vitest'
import { createApp, ref } from 'vue'

declare const store: AgentStore
declare const session: AgentSession

const agent = useAgentSession(ref('project'), { store })

expectTypeOf(agent.status.value).toEqualTypeOf<SessionStatus | undefined>()
expectTypeOf(agent.costUsd.value).toEqualTypeOf<number>()
expectTypeOf(agent.live.value).toEqualTypeOf<boolean>()
expectTypeOf(agent.messages.value).toExtend<readonly SessionMessage[]>()
expectTypeOf(agent.permissions.value).toExtend<readonly PermissionRequest[]>()
expectTypeOf(agent.session.value).toEqualTypeOf<AgentSession | undefined>()
expectTypeOf(useSession(session).title.value).toEqualTypeOf<string | undefined>()
expectTypeOf(useMessage(session, 'id').value).toEqualTypeOf<SessionMessage | undefined>()
expectTypeOf(provideAgentStore(store)).toEqualTypeOf<AgentStore>()
expectTypeOf(useSessionList({ store }).sessions.value).toEqualTypeOf<readonly SessionSummary[]>()
expectTypeOf(useSessionById(ref('id'), { store }).session.value).toEqualTypeOf<AgentSession | undefined>()
expectTypeOf(useProjectHealth(() => 'project', { store }).health.value).toEqualTypeOf<Health | undefined>()
expectTypeOf(usePermissions({ store }).permissions.value).toEqualTypeOf<readonly OpenPermission[]>()
expectTypeOf(useCommand(agent.withdraw).run).toEqualTypeOf<(messageId: string) => Promise<CommandResult | Refusal>>()
expectTypeOf(useCommand(agent.withdraw).refusal.value).toEqualTypeOf<Refusal | undefined>()
createApp({}).use(agentSessionPlugin, { store })

// @ts-expect-error a project is named by text
useAgentSession(1)
// @ts-expect-error the store goes into the options
useAgentSession('project', store)
// @ts-expect-error parts are read-only
agent.status.value = 'done'
// @ts-expect-error what is shown is not to be changed in place
agent.messages.value.push(agent.lastMessage.value)
// @ts-expect-error a start names its provider
void agent.start({ prompt: 'hello' })
// @ts-expect-error an answer is an option of the request, by its id
void agent.respond('request', 'allow')
// @ts-expect-error it takes a session, not its id
useSession('session')
// @ts-expect-error the plugin needs a store
createApp({}).use(agentSessionPlugin)
// @ts-expect-error it runs with what its command takes
void useCommand(agent.withdraw).run(1)
// @ts-expect-error a session is named by its id
useSessionById(session)
// @ts-expect-error the store may not be missing
provideAgentStore(undefined)
// @ts-expect-error neither may that of the plugin
createApp({}).use(agentSessionPlugin, { store: undefined })
// @ts-expect-error a question is of a session, and named with it
void usePermissions({ store }).respond('request', { optionId: 'allow' })
