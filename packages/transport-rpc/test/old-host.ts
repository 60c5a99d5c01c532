import type { TransportScene } from '@agent-session/core/conformance'
import { desktopRpc, type DesktopRpc } from './desktop-rpc.ts'

interface OldSession {
  /** A turn is at work. */
  working: boolean
  turns: number
}

/** How an old host differs from another. */
export interface OldHostOptions {
  /** What its tables keep of a row beside the wire's own fields. Absent: nothing. */
  readonly keeps?: 'extras'
  /** When the end of a stopped turn is told: with the answer (the default), long after it, or not at all. */
  readonly tellsStop?: 'at once' | 'late' | 'never'
}

/**
 * A host of the first system, by the words of BEHAVIOUR section 4 and nothing of this library's: whole messages, four
 * status words, tables with the columns of the wire.
 */
export interface OldHost {
  readonly rpc: DesktopRpc
  readonly sessions: Map<string, Record<string, unknown>>
  readonly messages: Map<string, Record<string, unknown>[]>
  /** What is told late, told now. */
  tellLate(): void
  /** The same host and its tables, as a page that is loaded anew meets it. */
  reopen(): OldHost
}

const sessionColumns = ['projectId', 'sessionId', 'provider', 'status', 'costUsd', 'inputTokens', 'outputTokens', 'model', 'error', 'createdAt', 'updatedAt']
const messageColumns = ['sessionId', 'msgId', 'role', 'content', 'toolName', 'toolInput', 'timestamp', 'seqId']

export function oldHost(scene: TransportScene = 'answers', options: OldHostOptions = {}, kept?: Pick<OldHost, 'sessions' | 'messages'>): OldHost {
  const sessions = kept?.sessions ?? new Map<string, Record<string, unknown>>()
  const messages = kept?.messages ?? new Map<string, Record<string, unknown>[]>()
  const live = new Map<string, OldSession>()
  const late: (() => void)[] = []
  let count = 0

  const columns = (row: object, names: readonly string[]): Record<string, unknown> =>
    options.keeps === 'extras' ? { ...row } : Object.fromEntries(names.map((name) => [name, Reflect.get(row, name) ?? null]))
  const raw = (type: string, content: unknown) => ({ id: `old-${(count += 1)}`, type, content, timestamp: 1_700_000_000_000 + count })
  const say = (sessionId: string, ...list: unknown[]): void => rpc.tell('agent.message', { sessionId, messages: list })
  const status = (sessionId: string, word: string, error?: string): void => rpc.tell('agent.status', { sessionId, status: word, ...(error !== undefined && { error }) })

  async function work(sessionId: string, session: OldSession): Promise<void> {
    session.working = true
    session.turns += 1
    // The answer to the request goes out first.
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
    const over = (word: string, error?: string): void => {
      session.working = false
      status(sessionId, word, error)
    }
    status(sessionId, 'running')
    const again = session.turns > 1 && (scene === 'talks-late' || scene === 'dies')
    switch (again ? 'answers' : scene) {
      case 'hangs':
      case 'talks-late':
        return say(sessionId, raw('text', { text: 'Hello.' }))
      case 'fails':
        return over('error', 'The model is overloaded')
      case 'dies':
        say(sessionId, raw('text', { text: 'Hello.' }))
        return over('error', 'Process exited with code 3')
      case 'uses-a-tool':
        // Not every host of the wire names its calls.
        say(sessionId, raw('init', { model: 'old-model', sessionId: 'agent-1' }), raw('tool_call', { name: 'Read', input: { file_path: 'a.txt' } }))
        say(sessionId, raw('tool_result', { output: 'one' }))
        break
      case 'speaks-unknown':
        say(sessionId, raw('quantum', { both: true }))
    }
    say(sessionId, raw('text', { text: 'Hello.' }))
    rpc.tell('agent.cost', { sessionId, costUsd: 0.01 * session.turns, inputTokens: 10 * session.turns, outputTokens: 2 * session.turns })
    over('done')
  }

  const rpc = desktopRpc({
    'agent.start': (params: unknown) => {
      if (scene === 'refuses') return { ok: false, error: 'spawn claude ENOENT' }
      const session = { working: false, turns: 0 }
      live.set(textOf(params, 'sessionId'), session)
      void work(textOf(params, 'sessionId'), session)
      return { ok: true }
    },
    'agent.prompt': (params: unknown) => {
      const session = live.get(textOf(params, 'sessionId'))
      if (session === undefined) return { ok: false, error: 'Session not found' }
      void work(textOf(params, 'sessionId'), session)
      return { ok: true }
    },
    'agent.stop': (params: unknown) => {
      const sessionId = textOf(params, 'sessionId')
      const session = live.get(sessionId)
      if (session === undefined) return { ok: false, error: 'Session not found' }
      const { tellsStop = 'at once' } = options
      if (session.working && tellsStop === 'at once') status(sessionId, 'done')
      if (session.working && tellsStop === 'late') late.push(() => status(sessionId, 'error', 'Process exited with code 143'))
      if (session.working && scene === 'talks-late') say(sessionId, raw('text', { text: 'one more thing' }))
      session.working = false
      return { ok: true }
    },
    'session.save': (row: unknown) => {
      sessions.set(textOf(row, 'sessionId'), columns(Object(row), sessionColumns))
    },
    'session.messages.save': (params: unknown) => {
      const rows: unknown = Reflect.get(Object(params), 'messages')
      for (const row of Array.isArray(rows) ? rows : []) {
        const [sessionId, msgId] = [textOf(row, 'sessionId'), textOf(row, 'msgId')]
        const others = (messages.get(sessionId) ?? []).filter((known) => known['msgId'] !== msgId)
        messages.set(sessionId, [...others, columns(Object(row), messageColumns)])
      }
    },
    'session.load': (params: unknown) => {
      const ofProject = [...sessions.values()].filter((row) => row['projectId'] === textOf(params, 'projectId'))
      const [last] = ofProject.toSorted((a, b) => Number(b['updatedAt']) - Number(a['updatedAt']))
      return { session: last ?? null }
    },
    'session.messages.load': (params: unknown) => ({ messages: messages.get(textOf(params, 'sessionId')) ?? [] }),
    'settings.getAll': () => ({ settings: { permission_mode: 'plan', session_retention_count: 3 } }),
  })

  return {
    rpc,
    sessions,
    messages,
    tellLate: () => {
      for (const tell of late.splice(0)) tell()
    },
    reopen: () => oldHost(scene, options, { sessions, messages }),
  }
}

const textOf = (value: unknown, name: string): string => String(Reflect.get(Object(value), name))
