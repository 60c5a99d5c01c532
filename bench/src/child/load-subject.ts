import { subjectModule } from '../build/build-subjects.ts'
import type { Subject } from '../../subjects/subject.ts'

export async function loadSubject(name: string): Promise<Subject> {
  const { subject }: { subject: Subject } = await import(subjectModule(name))
  return subject
}
