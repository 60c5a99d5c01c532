import { AgentSessionError, type MessageRecord } from '@agent-session/core'
import type { WriteStatements } from './connection.ts'
import { isPlain, isSeqId, messageValues, plainAtOnce, plainValues } from './message-row.ts'
import type { SqliteStatement, SqliteValue } from './sqlite-driver.ts'

type Upserts = Pick<WriteStatements, 'upsertMessage' | 'upsertPlainMessage' | 'upsertPlainMessages'>

/** Writes messages of a session, each at its place. Throws where one has no place, or that of another one. */
export function writeMessages(statements: Upserts, session: number, messages: readonly MessageRecord[]): void {
  let plain: MessageRecord[] = []
  for (const message of messages) {
    if (!isSeqId(message.seqId)) throw new AgentSessionError('storage-failed', `The message ${message.id} has no place that can be stored: ${message.seqId}.`)
    if (!isPlain(message)) {
      writeOne(statements.upsertMessage, message, messageValues(session, message))
      continue
    }
    plain.push(message)
    if (plain.length < plainAtOnce) continue
    writeTogether(statements, session, plain)
    plain = []
  }
  for (const message of plain) writeOne(statements.upsertPlainMessage, message, plainValues(session, message))
}

function writeTogether(statements: Upserts, session: number, messages: readonly MessageRecord[]): void {
  const values: SqliteValue[] = []
  for (const message of messages) values.push(...plainValues(session, message))
  if (Number(statements.upsertPlainMessages.run(...values).changes) === messages.length) return
  // One by one, to say which it was.
  for (const message of messages) writeOne(statements.upsertPlainMessage, message, plainValues(session, message))
}

function writeOne(statement: SqliteStatement, message: MessageRecord, values: readonly SqliteValue[]): void {
  if (Number(statement.run(...values).changes) > 0) return
  throw new AgentSessionError('storage-failed', `The message ${message.id} was given the place ${message.seqId} of another one.`)
}
