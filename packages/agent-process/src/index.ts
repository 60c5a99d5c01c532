export { AgentProcess, type AgentEnd, type AgentProcessOptions } from './agent-process.ts'
export { agentPrograms, type AgentProgram, type AgentProgramsOptions, type ProgramArgs, type ProgramRequest, type StartProgram } from './agent-programs.ts'
export { findProgram } from './find-program.ts'
export { jsonLines, MalformedLine, messageLines, type LineFormat } from './message-lines.ts'
