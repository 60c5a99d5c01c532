import type { AgentSessionEvent, CostEvent, PermissionQuestion, SessionEvent, StatusEvent } from '../ports/agent-event.ts'
import { plainData } from '../plain-data.ts'
import type { PermissionRequest } from '../session/session-record.ts'
import type { StatePatch } from '../session/session-change.ts'
import { endedMessage, type Delivery } from '../session/session-message.ts'
import { readStatus } from '../session/session-status.ts'
import { promptText, type Prompt } from '../session/prompt.ts'
import type { ReduceContext, Standing } from './reduce-context.ts'
import { reduceDelta } from './reduce-delta.ts'
import { reduceHistory } from './reduce-history.ts'
import { reduceMessage, settleCall } from './reduce-message.ts'
import { SessionDraft, type Reduction, type SessionReader } from './session-draft.ts'
import type { StoreAction } from './store-action.ts'
import { clipEnded } from './tool-text.ts'
import { noUsage, usageOf, type Usage } from '../session/usage.ts'

function standing(session: SessionReader, run: string | undefined): Standing {
  const { state } = session
  if (state.live) return run === undefined || run === state.run ? 'current' : 'stale'
  return run === undefined || run === state.run ? 'tail' : 'stale'
}

/** What an event of the agent, or an action of the store, does to a session. Pure: it reads the session and changes nothing. */
export function reduce(session: SessionReader, input: AgentSessionEvent | StoreAction, context: ReduceContext): Reduction {
  const draft = new SessionDraft(session)
  if ('sessionId' in input) reduceEvent(draft, input, context)
  else reduceAction(draft, input, context)
  return draft.finish()
}

function reduceEvent(draft: SessionDraft, event: AgentSessionEvent, context: ReduceContext): void {
  const where = standing(draft, event.run)
  const run = event.run ?? draft.state.run
  switch (event.type) {
    case 'message':
      for (const raw of event.messages) reduceMessage(draft, raw, run, where, context)
      return
    case 'delta':
      return reduceDelta(draft, event, run, where, context)
    case 'message-end': {
      const message = draft.message(event.id)
      if (!message?.streaming) return
      finishMessage(draft, event.id, event.cut === true, context)
      // A streamed output that is whole is the end of its call, unless the whole message says otherwise later.
      if (message.role === 'tool-result' && message.toolCallId !== undefined && event.cut !== true) {
        settleCall(draft, message, draft.toolCall(message.toolCallId))
      }
      return
    }
    case 'history':
      return reduceHistory(draft, event, context)
    case 'retract':
      return draft.retract([...new Set(event.ids)].filter((id) => draft.has(id) || mayBeStored(draft, id)))
    case 'status':
      return where === 'current' ? reduceStatus(draft, event, context) : undefined
    case 'cost':
      return where === 'stale' ? undefined : reduceCost(draft, event, context)
    case 'session':
      return reduceSession(draft, event, context)
    case 'permission':
      if (where !== 'current' || draft.state.permissions.some((known) => known.id === event.request.id)) return
      return draft.update({
        permissions: [
          ...draft.state.permissions,
          askedRequest(event.request, run, context),
        ],
        updatedAt: context.now,
      })
    case 'permission-settled':
      return movePermission(draft, event.requestId, event.outcome, event.optionId)
    case 'plan':
      return where === 'current' ? draft.update({ plan: event.entries, updatedAt: context.now }) : undefined
  }
}

/** A session that was read back knows its last page: a message before it can be in storage without being known here. */
const mayBeStored = (draft: SessionDraft, id: string): boolean => !draft.knows(id) && (draft.log.at(0)?.seqId ?? 1) > 1

function reduceAction(draft: SessionDraft, action: StoreAction, context: ReduceContext): void {
  const { state } = draft
  switch (action.type) {
    case 'run-began': {
      showPrompt(draft, action.messageId, action.prompt, action.run, context)
      return draft.update({
        status: 'running',
        live: true,
        run: action.run,
        error: undefined,
        endReason: undefined,
        stall: undefined,
        permissions: [],
        queue: without(state.queue, action.messageId),
        usageBeforeRun: usageOf(state),
        turns: state.turns + 1,
        updatedAt: context.now,
      })
    }
    case 'run-ended':
      return endRun(draft, action.status, action.reason, action.error, context)
    case 'delivery':
      return deliver(draft, action.messageId, action.delivery)
    case 'steered':
      showPrompt(draft, action.messageId, action.prompt, state.run, context)
      return draft.update({ updatedAt: context.now })
    case 'queued':
      deliver(draft, action.messageId, 'queued')
      return draft.update({
        queue: [...state.queue, { messageId: action.messageId, prompt: action.prompt, queuedAt: context.now }],
      })
    case 'unqueued':
      // One that was sent before and came into the queue by a retry is there still, unsent.
      deliver(draft, action.messageId, 'failed')
      return draft.update({ queue: without(state.queue, action.messageId) })
    case 'permission-moved':
      return movePermission(draft, action.requestId, action.state, action.optionId)
    case 'run-found':
      // One of an earlier run was never answered: it can be sent again.
      for (const id of draft.log.open) {
        const message = draft.message(id)
        if (message?.delivery === 'sending') deliver(draft, id, message.run === state.run ? 'sent' : 'failed')
      }
      return
    case 'gap':
      return draft.update({ continuity: 'gapped' })
    case 'fields':
      return draft.update(action.patch)
  }
}

function deliver(draft: SessionDraft, messageId: string, delivery: Delivery): void {
  const message = draft.message(messageId)
  if (message && message.delivery !== delivery) draft.replace({ ...message, delivery })
}

/** A prompt as the person's message; one that is sent again keeps its place. */
function showPrompt(draft: SessionDraft, id: string, prompt: Prompt, run: string | undefined, { now }: ReduceContext): void {
  const again = draft.message(id)
  if (again !== undefined) return draft.replace({ ...again, delivery: 'sending', ...(run !== undefined && { run }) })
  draft.append({ id, role: 'user', content: promptText(prompt), ...(typeof prompt !== 'string' && { prompt: prompt.map((part) => ({ ...part })) }), delivery: 'sending', timestamp: now, ...(run !== undefined && { run }) })
}

const without = <Item extends { readonly messageId: string }>(queue: readonly Item[], messageId: string): readonly Item[] =>
  queue.some((item) => item.messageId === messageId) ? queue.filter((item) => item.messageId !== messageId) : queue

function reduceStatus(draft: SessionDraft, event: StatusEvent, context: ReduceContext): void {
  const status = readStatus(event.status)
  // Whoever tells how a run goes has its prompt, whether or not the answer to it is ever heard.
  if (status !== 'idle') for (const id of draft.log.open) if (isOnItsWay(draft, id)) deliver(draft, id, 'sent')
  switch (status) {
    case 'done':
      return endRun(draft, 'done', event.reason ?? 'completed', undefined, context)
    case 'error':
      return endRun(draft, 'error', event.reason ?? 'error', event.error ?? draft.state.error, context)
    case 'idle':
    case 'running':
      // The run stays open: an agent that rests may go on in the same run.
      return draft.update({ status, updatedAt: context.now, ...(event.error !== undefined && { error: event.error }) })
  }
}

function isOnItsWay(draft: SessionDraft, id: string): boolean {
  const message = draft.message(id)
  return message?.delivery === 'sending' && message.run === draft.state.run
}

/** Whatever ends a run ends all of it: nothing goes on streaming, running or asking (T1). */
function endRun(
  draft: SessionDraft,
  status: 'done' | 'error' | 'idle',
  reason: string,
  error: string | undefined,
  context: ReduceContext,
): void {
  const complete = status === 'done' && reason !== 'stopped'
  for (const id of draft.log.open) finishMessage(draft, id, !complete, context, reason === 'interrupted')
  const patch: StatePatch = {
    status,
    live: false,
    endReason: reason,
    stall: undefined,
    permissions: draft.state.permissions.map((request) =>
      isOpen(request) ? { ...request, state: reason === 'interrupted' ? 'expired' : 'cancelled' } : request,
    ),
    updatedAt: context.now,
  }
  draft.update(error === undefined ? patch : { ...patch, error })
}

const isOpen = (request: PermissionRequest): boolean => request.state === 'pending' || request.state === 'answering'

function finishMessage(draft: SessionDraft, id: string, cut: boolean, { limits, now }: ReduceContext, lost = false): void {
  const message = draft.message(id)
  if (message === undefined) return
  // Whether it got through is not known where its run was lost: it can be sent again.
  if (message.delivery === 'sending') return lost ? deliver(draft, id, 'failed') : undefined
  const isOutput = message.streaming === true && message.role === 'tool-result'
  draft.replace({ ...endedMessage(message, cut), ...(isOutput && clipEnded(message, limits)), ...(isOutput && !lost && { timestamp: now }) })
}

function askedRequest({ id, title, toolCallId, parentId, input, options }: PermissionQuestion, run: string | undefined, { now }: ReduceContext): PermissionRequest {
  return {
    id,
    title,
    state: 'pending',
    ...(toolCallId !== undefined && { toolCallId }),
    ...(parentId !== undefined && { parentId }),
    ...(input !== undefined && { input: plainData(input) }),
    options,
    ...(run !== undefined && { run }),
    askedAt: now,
  }
}

function movePermission(draft: SessionDraft, requestId: string, to: PermissionRequest['state'], optionId: string | undefined): void {
  const request = draft.state.permissions.find((known) => known.id === requestId)
  if (request === undefined || request.state === to || !isOpen(request)) return
  draft.update({
    permissions: draft.state.permissions.map((known) => {
      if (known !== request) return known
      const { optionId: given, ...rest } = known
      const kept = to === 'pending' ? undefined : (optionId ?? given)
      return { ...rest, state: to, ...(kept !== undefined && { optionId: kept }) }
    }),
  })
}

/** T16: totals are latest-wins; a report of the run counts from where the run began, one of a turn is added. */
function reduceCost(draft: SessionDraft, event: CostEvent, context: ReduceContext): void {
  const { state } = draft
  const scope = event.scope ?? 'session'
  const base = scope === 'session' ? noUsage : scope === 'run' ? state.usageBeforeRun : usageOf(state)
  const total = (name: keyof Usage): number => {
    const reported = event[name]
    return reported === undefined ? state[name] : base[name] + reported
  }
  draft.update({
    costUsd: total('costUsd'),
    inputTokens: total('inputTokens'),
    outputTokens: total('outputTokens'),
    cachedInputTokens: total('cachedInputTokens'),
    ...(event.contextUsed !== undefined && { contextUsed: event.contextUsed }),
    ...(event.contextSize !== undefined && { contextSize: event.contextSize }),
    ...(event.model !== undefined && state.model === '' && { model: event.model }),
    updatedAt: context.now,
  })
}

function reduceSession(draft: SessionDraft, event: SessionEvent, context: ReduceContext): void {
  const { agentSessionId, model, title, mode, modes, models, commands, abilities, login, settings, restarted } = event
  draft.update({
    ...(agentSessionId !== undefined && { agentSessionId }),
    ...(model !== undefined && { model }),
    ...(title !== undefined && draft.state.renamed !== true && { title }),
    ...(mode !== undefined && { mode }),
    ...(modes !== undefined && { modes }),
    ...(models !== undefined && { models }),
    ...(commands !== undefined && { commands }),
    ...(abilities !== undefined && { abilities }),
    ...(login !== undefined && { login }),
    ...(settings !== undefined && { settings }),
    ...(restarted === true && { continuity: 'restarted' as const }),
    updatedAt: context.now,
  })
}
