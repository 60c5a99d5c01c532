import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import type { Project } from '../host-info.ts'
import { reasonOf, StartError, wrongUse } from './start-error.ts'

const projectFile = v.array(v.object({ id: v.string(), cwd: v.string() }))

/** Why a project was not added; for the person who asked. */
export class ProjectRefused extends Error {
  override readonly name = 'ProjectRefused'
}

/** The projects of one data folder, in the order they were made. A project's name is its id. */
export class ProjectFile {
  readonly #file: string
  #projects: readonly Project[]
  #saving: Promise<void> = Promise.resolve()

  private constructor(file: string, projects: readonly Project[]) {
    this.#file = file
    this.#projects = projects
  }

  /** Begins with `first` where there is no file yet. */
  static async open(file: string, first: Project): Promise<ProjectFile> {
    try {
      const parsed = v.parse(projectFile, JSON.parse(await readFile(file, 'utf8')))
      return new ProjectFile(file, parsed.length > 0 ? parsed : [first])
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new ProjectFile(file, [first])
      throw new StartError(
        `The projects in ${file} could not be read: ${reasonOf(cause)}\nMend the file, or move it away to begin with none: sessions are kept elsewhere.`,
        wrongUse,
        { cause },
      )
    }
  }

  get all(): readonly Project[] {
    return this.#projects
  }

  /** Throws `ProjectRefused`. */
  async add({ id, cwd }: Project): Promise<Project> {
    const name = id.trim()
    if (!/^[^\p{C}]{1,60}$/u.test(name)) throw new ProjectRefused('A project needs a name of 1 to 60 characters.')
    if (this.#projects.some((known) => known.id.toLowerCase() === name.toLowerCase())) {
      throw new ProjectRefused(`There is a project "${name}" already.`)
    }
    if (!path.isAbsolute(cwd)) throw new ProjectRefused('Write the folder with its whole path.')
    const found = await stat(cwd).catch(() => undefined)
    if (!found?.isDirectory()) throw new ProjectRefused(`There is no folder ${cwd}.`)
    const project = { id: name, cwd: path.resolve(cwd) }
    this.#projects = [...this.#projects, project]
    await this.#save()
    return project
  }

  /** One at a time, and into place in one step: a kill leaves the old file or the new one. */
  #save(): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      const fresh = `${this.#file}.new`
      await writeFile(fresh, `${JSON.stringify(this.#projects, undefined, 2)}\n`, { mode: 0o600 })
      await rename(fresh, this.#file)
    })
    return this.#saving
  }
}
