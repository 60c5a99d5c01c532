// Fails where something of a package's public surface has no docstring: each export of each of its entries, and of
// exported interfaces and classes each method, each member that may be absent, and each number, which has a unit.

import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { root } from './workspace.mjs'

/** The packages whose surface is held to it. */
const packages = ['packages/core']

/** What has no docstring, as `file:line name`. */
export function undocumented(entries, base = root) {
  const program = ts.createProgram(entries, {
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    customConditions: ['agent-session-source'],
    types: [],
  })
  const checker = program.getTypeChecker()
  const missing = new Set()
  const documented = (symbol) => symbol.getDocumentationComment(checker).length > 0

  function miss(symbol, name) {
    const [declaration] = symbol.declarations ?? []
    const file = declaration.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
    missing.add(`${relative(base, file.fileName).split(sep).join('/')}:${line + 1} ${name}`)
  }

  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry))
    for (const exported of module ? checker.getExportsOfModule(module) : []) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if (!documented(symbol)) miss(symbol, exported.name)
      for (const declaration of symbol.declarations ?? []) {
        const members = ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration) ? declaration.members : []
        for (const member of members) {
          const own = member.name && checker.getSymbolAtLocation(member.name)
          if (own && needsWords(member, checker) && !documented(own)) miss(own, `${exported.name}.${own.name}`)
        }
      }
    }
  }
  return [...missing].sort()
}

function needsWords(member, checker) {
  if (ts.isPrivateIdentifier(member.name) || ts.isConstructorDeclaration(member)) return false
  if (ts.isMethodSignature(member) || ts.isMethodDeclaration(member)) return true
  if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member)) return false
  const type = checker.getTypeAtLocation(member)
  const isNumber = [type, ...(type.isUnion() ? type.types : [])].some(({ flags }) => flags & ts.TypeFlags.Number)
  return member.questionToken !== undefined || isNumber
}

const entriesOf = (folder) => {
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return Object.values(exports)
    .map((entry) => entry['agent-session-source'])
    .filter((file) => file !== undefined)
    .map((file) => join(root, folder, file))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const missing = undocumented(packages.flatMap(entriesOf))
  if (missing.length === 0) console.log('All that is public says what it is')
  else {
    console.error(`Without a docstring:\n${missing.map((one) => `  ${one}`).join('\n')}`)
    process.exitCode = 1
  }
}
