import type { PlanEntry } from '@agent-session/core'
import { field, listField, textField } from '@agent-session/core/transport'

const states = ['pending', 'in_progress', 'completed'] as const

/** A state that is not known has not been reached. */
const readState = (told: string | undefined): PlanEntry['status'] => states.find((state) => state === told) ?? 'pending'

/**
 * The plan of the conversation itself, from whichever tool keeps it: the to-do list (told whole each time), tasks (told
 * one by one), or a plan that was agreed to.
 */
export class Plan {
  /** By the program's id of the task. */
  readonly #tasks = new Map<string, PlanEntry>()

  /** What a tool that ended well has made of the plan; `undefined` where it made nothing of it. */
  after(tool: string, input: unknown, content: string | undefined, structured: unknown): readonly PlanEntry[] | undefined {
    switch (tool) {
      case 'TodoWrite': {
        const todos = field(structured, 'newTodos') ?? field(input, 'todos')
        return Array.isArray(todos) ? todos.flatMap(readTodo) : undefined
      }
      case 'TaskCreate':
        return this.#created(input, content, structured)
      case 'TaskUpdate':
        return this.#updated(input)
      case 'TaskList':
        return this.#listed(content, structured)
      case 'ExitPlanMode':
        return agreed(textField(structured, 'plan') ?? textField(input, 'plan') ?? '')
      default:
        return undefined
    }
  }

  clear(): void {
    this.#tasks.clear()
  }

  #created(input: unknown, content: string | undefined, structured: unknown): readonly PlanEntry[] | undefined {
    const task = field(structured, 'task')
    const id = textField(task, 'id') ?? /^Task #(\S+) created/.exec(content ?? '')?.[1]
    const subject = textField(task, 'subject') ?? textField(input, 'subject')
    if (id === undefined || subject === undefined) return undefined
    this.#tasks.set(id, { content: subject, status: 'pending' })
    return this.#entries
  }

  #updated(input: unknown): readonly PlanEntry[] | undefined {
    const id = textField(input, 'taskId')
    const known = id === undefined ? undefined : this.#tasks.get(id)
    // Of a task that was made before anybody listened there is nothing to show until the list is told.
    if (id === undefined || known === undefined) return undefined
    const status = textField(input, 'status')
    if (status === 'deleted') this.#tasks.delete(id)
    else this.#tasks.set(id, { content: textField(input, 'subject') ?? known.content, status: status === undefined ? known.status : readState(status) })
    return this.#entries
  }

  #listed(content: string | undefined, structured: unknown): readonly PlanEntry[] | undefined {
    const told = Array.isArray(field(structured, 'tasks'))
      ? listField(structured, 'tasks').map((task) => [textField(task, 'id'), textField(task, 'subject'), textField(task, 'status')] as const)
      : [...(content ?? '').matchAll(/^#(\S+) \[(\w+)\] (.*)$/gm)].map(([, id, status, subject]) => [id, subject, status] as const)
    if (told.length === 0) return undefined
    this.#tasks.clear()
    for (const [id, subject, status] of told) {
      if (id !== undefined && subject !== undefined) this.#tasks.set(id, { content: subject, status: readState(status) })
    }
    return this.#entries
  }

  get #entries(): readonly PlanEntry[] {
    return [...this.#tasks.values()]
  }
}

function readTodo(todo: unknown): PlanEntry[] {
  const content = textField(todo, 'content')
  const priority = textField(todo, 'priority')
  return content === undefined ? [] : [{ content, status: readState(textField(todo, 'status')), ...(priority !== undefined && { priority }) }]
}

/** A plan is Markdown: its steps are the points of its lists. One without lists is one step. */
function agreed(plan: string): readonly PlanEntry[] | undefined {
  const points = [...plan.matchAll(/^(?:[-*+]|\d+[.)]) +(?:\[[ x]\] +)?(\S.*)$/gm)].flatMap(([, point]) => point ?? [])
  const title = plan.split('\n').find((line) => line.trim() !== '')
  const steps = points.length > 0 ? points : title === undefined ? [] : [title.replace(/^#+ */, '')]
  return steps.length === 0 ? undefined : steps.map((content): PlanEntry => ({ content, status: 'pending' }))
}
