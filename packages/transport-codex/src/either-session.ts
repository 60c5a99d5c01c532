import type { PermissionAnswer, Prompt, Reply, SessionContext } from '@agent-session/core'
import { AppServerSession } from './app-server-session.ts'
import { type Change, type CodexSession, type CodexSessionOptions, type How, NoAppServer, type Route } from './codex-session.ts'
import { ExecSession } from './exec-session.ts'

/** Which route a session takes: the one that is set, else the app-server, until a Codex is found that has none. */
export interface RouteFinder {
  readonly route: Route
  /** There is no app-server here. */
  missing(): void
}

/** A session on the app-server, or on `codex exec` from the moment that there turns out to be none. */
export class EitherSession implements CodexSession {
  readonly context: SessionContext
  readonly #sessionId: string
  readonly #options: CodexSessionOptions
  readonly #finder: RouteFinder
  #session: CodexSession

  constructor(sessionId: string, context: SessionContext, options: CodexSessionOptions, finder: RouteFinder) {
    this.context = context
    this.#sessionId = sessionId
    this.#options = options
    this.#finder = finder
    this.#session = finder.route === 'app-server' ? new AppServerSession(sessionId, context, options) : new ExecSession(sessionId, context, options)
  }

  get threadId(): string | undefined {
    return this.#session.threadId ?? this.context.agentSessionId
  }

  /** The app-server's half; absent on the other route. */
  get appServer(): AppServerSession | undefined {
    return this.#session instanceof AppServerSession ? this.#session : undefined
  }

  async prompt(run: string, messageId: string, prompt: Prompt, how: How): Promise<Reply> {
    try {
      return await this.#session.prompt(run, messageId, prompt, how)
    } catch (error) {
      if (!(error instanceof NoAppServer)) throw error
      this.#finder.missing()
      this.#session = new ExecSession(this.#sessionId, this.context, this.#options)
      return this.#session.prompt(run, messageId, prompt, how)
    }
  }

  steer(messageId: string, prompt: Prompt): Promise<Reply> {
    return this.#session.steer(messageId, prompt)
  }

  stop(run: string): Promise<Reply> {
    return this.#session.stop(run)
  }

  respond(answer: PermissionAnswer): Promise<Reply> {
    return this.#session.respond(answer)
  }

  configure(change: Change): Reply {
    return this.#session.configure(change)
  }

  release(): Promise<Reply> {
    return this.#session.release()
  }

  close(): Promise<void> {
    return this.#session.close()
  }
}
