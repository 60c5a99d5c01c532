// Holds what the architecture promises, for every file of the packages:
//
//   imports    a package imports what its row of architecture.json names, and nothing else; types, re-exports and
//              import() included. It declares what it imports. Packages never import examples.
//   cycles     no file imports itself by a detour, no package either, types included.
//   globals    no global clock, timer or randomness outside a folder named `defaults`.
//
//   node scripts/check-architecture.mjs

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const CLOCKS = new Set(
  `Date performance Temporal setTimeout setInterval setImmediate queueMicrotask scheduler
  clearTimeout clearInterval clearImmediate
  requestAnimationFrame cancelAnimationFrame requestIdleCallback cancelIdleCallback`.split(/\s+/),
)
const RANDOM = new Set(['crypto'])
const MEMBERS = {
  Math: { random: 'random' },
  AbortSignal: { timeout: 'clock' },
  process: { hrtime: 'clock', nextTick: 'clock', uptime: 'clock' },
}
const CLOCK_MODULES = ['node:timers', 'node:timers/promises', 'node:perf_hooks']
const GLOBAL_OBJECTS = ['globalThis', 'window', 'self', 'global']

const CODE = /\.(?:ts|mts|js|mjs|svelte|vue)$/
const TEST_FILE = /\.(?:test|test-d)\.m?ts$/
const TEST_FOLDER = /(?:^|\/)(?:test|fixtures)\//

const matches = (patterns, name) =>
  patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))

const packageNameOf = (specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return CODE.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : []
  })
}

/** A component keeps its scripts where they are, so that lines stay true; all around them becomes blank. */
function sourceText(file) {
  const text = readFileSync(file, 'utf8')
  if (!/\.(?:svelte|vue)$/.test(file)) return text
  const blank = (part) => part.replace(/[^\n]/g, ' ')
  let result = ''
  let end = 0
  for (const match of text.matchAll(/(<script\b[^>]*>)([\s\S]*?)<\/script>/g)) {
    const start = match.index + match[1].length
    result += blank(text.slice(end, start)) + match[2]
    end = start + match[2].length
  }
  return result + blank(text.slice(end))
}

const parse = (file) => ts.createSourceFile(file, sourceText(file), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)

/** Every import of a file as `{ specifier, node, dynamic }`; an import() of what is computed has no specifier. */
function importsOf(source) {
  const found = []
  const add = (node, specifier, dynamic = false) => found.push({ node, specifier, dynamic })
  for (const { fileName, pos } of source.typeReferenceDirectives) {
    const at = { getSourceFile: () => source, getStart: () => pos }
    add(at, fileName === 'node' ? 'node:*' : fileName)
  }
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      add(node, node.moduleSpecifier.text)
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node, node.moduleReference.expression.text)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal.text)
    } else if (ts.isCallExpression(node)) {
      const { expression, arguments: given } = node
      const loads =
        expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(expression) && expression.text === 'require') ||
        (ts.isPropertyAccessExpression(expression) && expression.name.text === 'getBuiltinModule')
      if (loads) add(node, given[0] && ts.isStringLiteralLike(given[0]) ? given[0].text : undefined, true)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The names that a node gives to what is inside it. */
function namesDeclaredIn(scope) {
  const names = new Set()
  const bind = (name) => {
    if (!name) return
    if (ts.isIdentifier(name)) names.add(name.text)
    else for (const element of name.elements) if (!ts.isOmittedExpression(element)) bind(element.name)
  }
  const bindList = (list) => list.declarations.forEach((declaration) => bind(declaration.name))
  scope.parameters?.forEach((parameter) => bind(parameter.name))
  if (scope.variableDeclaration) bind(scope.variableDeclaration.name)
  if (scope.initializer && ts.isVariableDeclarationList(scope.initializer)) bindList(scope.initializer)
  for (const statement of scope.statements ?? []) {
    if (ts.isVariableStatement(statement)) {
      // `declare const x` names what the surroundings have
      if (!statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword)) {
        bindList(statement.declarationList)
      }
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (!statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword)) bind(statement.name)
    } else if (ts.isImportDeclaration(statement) && statement.importClause) {
      bind(statement.importClause.name)
      const bindings = statement.importClause.namedBindings
      if (bindings && ts.isNamespaceImport(bindings)) bind(bindings.name)
      else bindings?.elements.forEach((element) => bind(element.name))
    }
  }
  return names
}

function isGlobal(identifier) {
  for (let scope = identifier.parent; scope; scope = scope.parent) {
    if (namesDeclaredIn(scope).has(identifier.text)) return false
  }
  return true
}

/** False for names that only say what something is called: keys, members, declarations, types. */
function isValue(identifier) {
  const { parent } = identifier
  if (ts.isPropertyAccessExpression(parent) || ts.isMetaProperty(parent)) return parent.expression === identifier
  if (ts.isExpressionWithTypeArguments(parent)) return parent.parent.token === ts.SyntaxKind.ExtendsKeyword
  if (ts.isQualifiedName(parent) || ts.isTypeNode(parent)) return false
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isBindingElement(parent)) return parent.initializer === identifier
  if (ts.isExportSpecifier(parent)) return !parent.parent.parent.moduleSpecifier && parent.name === identifier
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false
  return parent.name !== identifier
}

const literalKey = (node) => (node && ts.isStringLiteralLike(node) ? node.text : undefined)

/** Uses of the global clock, timers and randomness as `{ node, name, kind }`. */
function globalsOf(source) {
  const found = []
  const kindOf = (name) => (CLOCKS.has(name) ? 'clock' : RANDOM.has(name) ? 'random' : undefined)
  const add = (node, name, kind = kindOf(name)) => kind && found.push({ node, name, kind })

  const members = (identifier) => {
    const { parent } = identifier
    if (ts.isPropertyAccessExpression(parent)) return [parent.name.text]
    if (ts.isElementAccessExpression(parent) && literalKey(parent.argumentExpression)) return [literalKey(parent.argumentExpression)]
    if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
      return parent.name.elements.map((element) => (element.dotDotDotToken ? undefined : (element.propertyName ?? element.name).text))
    }
    return [undefined]
  }

  const visit = (node) => {
    // types are not run: `Date` as a type and `ReturnType<typeof setTimeout>` read no clock
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return
    if (ts.isIdentifier(node) && isValue(node)) {
      const name = node.text
      if (kindOf(name) && isGlobal(node)) add(node, name)
      else if (Object.hasOwn(MEMBERS, name) && isGlobal(node)) {
        for (const member of members(node)) if (member) add(node, `${name}.${member}`, MEMBERS[name][member])
      } else if (GLOBAL_OBJECTS.includes(name) && isGlobal(node) && !ts.isTypeOfExpression(node.parent)) {
        for (const member of members(node)) {
          if (member === undefined) add(node, `${name} as a whole`, 'clock')
          else if (Object.hasOwn(MEMBERS, member)) add(node, `${name}.${member}`, Object.values(MEMBERS[member])[0])
          else add(node, `${name}.${member}`, kindOf(member))
        }
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The cycles of a graph (Map of name to names), each once, as a path that ends where it began. */
function cyclesOf(graph) {
  const cycles = []
  const done = new Set()
  const path = []
  const walk = (name) => {
    if (path.includes(name)) return cycles.push([...path.slice(path.indexOf(name)), name])
    if (done.has(name)) return
    path.push(name)
    for (const next of graph.get(name) ?? []) walk(next)
    path.pop()
    done.add(name)
  }
  for (const name of graph.keys()) walk(name)
  return cycles
}

function resolveFile(from, specifier) {
  const path = resolve(dirname(from), specifier)
  const candidates = [path, path.replace(/\.js$/, '.ts'), `${path}.ts`, join(path, 'index.ts')]
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
}

/** What is wrong in the tree at `root`, as lines that begin with `file:line`; none when all holds. */
export function checkArchitecture(root, table) {
  const problems = []
  const shown = (path) => relative(root, path).split(sep).join('/')
  const say = (file, node, message) => {
    const source = node.getSourceFile()
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    problems.push(`${shown(file)}:${line + 1} ${message}`)
  }

  const folders = (parent) => {
    const path = join(root, parent)
    return existsSync(path) ? readdirSync(path).filter((name) => existsSync(join(path, name, 'package.json'))) : []
  }
  const packages = folders('packages').map((folder) => {
    const home = join(root, 'packages', folder)
    return { folder, home, manifest: JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')), row: table.packages[folder] }
  })
  const byName = new Map(packages.map((one) => [one.manifest.name, one]))
  const packageGraph = new Map(packages.map(({ manifest }) => [manifest.name, new Set()]))

  for (const { folder, home, manifest, row } of packages) {
    if (!row) {
      problems.push(`packages/${folder}/package.json:1 has no row in architecture.json: say there what it may import`)
      continue
    }
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
    for (const name of Object.keys(declared)) if (byName.has(name)) packageGraph.get(manifest.name).add(name)

    const src = join(home, 'src')
    const fileGraph = new Map()
    for (const file of [...filesBelow(src), ...filesBelow(join(home, 'test'))]) {
      const source = parse(file)
      const path = relative(home, file).split(sep).join('/')
      const isTest = TEST_FILE.test(path) || TEST_FOLDER.test(path)
      const segments = relative(src, file).split(sep).slice(0, -1)
      const widened = segments.length > 0 ? (row.folders?.[segments[0]] ?? []) : []
      const allFolders = Object.values(row.folders ?? {}).flat()
      const own = [manifest.name, `${manifest.name}/*`]
      const allowed = isTest
        ? [...row.imports, ...(row.dynamic ?? []), ...allFolders, ...table.tests, ...own]
        : [...row.imports, ...widened]
      fileGraph.set(file, new Set())

      for (const { specifier, node, dynamic } of importsOf(source)) {
        if (specifier === undefined) {
          if (!isTest) say(file, node, 'imports what it computes: nobody can see what that is')
          continue
        }
        if (specifier.startsWith('.') || specifier.startsWith('/')) {
          const [plain] = specifier.split('?')
          const target = resolveFile(file, plain)
          const bound = isTest ? home : src
          // what several packages are tested by alike stands once, in the root's test folder
          if (isTest && target?.startsWith(join(root, 'test') + sep)) continue
          if (!target) {
            if (resolve(dirname(file), plain).startsWith(bound + sep)) say(file, node, `imports '${specifier}', which is not there`)
            else say(file, node, `imports '${specifier}' from outside its package`)
            continue
          }
          if (!target.startsWith(bound + sep)) {
            say(file, node, `imports '${specifier}' from outside its ${isTest ? 'package' : 'source'}`)
            continue
          }
          fileGraph.get(file).add(target)
          const targetPath = relative(home, target).split(sep).join('/')
          if (!isTest && (TEST_FILE.test(targetPath) || TEST_FOLDER.test(targetPath))) {
            say(file, node, `imports the test file '${specifier}'`)
          }
          const targetFolder = relative(src, target).split(sep)[0]
          const apart = row.apart ?? []
          if (!isTest && apart.includes(targetFolder) && !apart.includes(segments[0])) {
            say(file, node, `imports '${specifier}': ${targetFolder} is for tests, what is shipped does without`)
          }
          continue
        }
        if (byName.has(packageNameOf(specifier)) && !isTest) packageGraph.get(manifest.name).add(packageNameOf(specifier))
        if (!isTest && CLOCK_MODULES.includes(specifier)) {
          say(file, node, `imports '${specifier}': time comes from the injected clock`)
          continue
        }
        if (!matches(allowed, specifier)) {
          const byImport = !isTest && matches(row.dynamic ?? [], specifier)
          if (byImport && dynamic) continue
          if (byImport) say(file, node, `imports '${specifier}', which may come by import() alone`)
          else say(file, node, `imports '${specifier}', which the row of ${folder} does not name`)
          continue
        }
        if (!isTest && !specifier.startsWith('node:') && !declared[packageNameOf(specifier)]) {
          say(file, node, `imports '${specifier}', which its package.json does not declare`)
        }
      }

      if (isTest || segments.includes('defaults')) continue
      for (const { node, name, kind } of globalsOf(source)) {
        // where a row allows Node, Node's randomness is at hand anyway; clocks and timers are still the injected ones
        if (kind === 'random' && matches(widened, 'node:crypto')) continue
        const instead = kind === 'clock' ? 'time comes from the injected clock' : 'randomness comes from an option'
        say(file, node, `uses the global ${name}: ${instead}, and the system's own is named in a defaults/ folder alone`)
      }
    }
    for (const cycle of cyclesOf(fileGraph)) {
      problems.push(`${shown(cycle[0])}:1 is in an import cycle: ${cycle.map(shown).join(' → ')}`)
    }
  }

  for (const cycle of cyclesOf(packageGraph)) {
    problems.push(`packages/${byName.get(cycle[0]).folder}/package.json:1 is in a cycle of packages: ${cycle.join(' → ')}`)
  }

  for (const folder of folders('examples')) {
    const home = join(root, 'examples', folder)
    for (const file of filesBelow(home)) {
      if (TEST_FILE.test(file) || TEST_FOLDER.test(relative(home, file).split(sep).join('/'))) continue
      for (const { specifier, node } of importsOf(parse(file))) {
        if (specifier?.startsWith('.') && !resolve(dirname(file), specifier).startsWith(home + sep)) {
          say(file, node, `imports '${specifier}' from outside its folder: an example takes packages as their users do`)
        }
      }
    }
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const here = dirname(fileURLToPath(import.meta.url))
  const table = JSON.parse(readFileSync(join(here, 'architecture.json'), 'utf8'))
  const problems = checkArchitecture(join(here, '..'), table)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) {
    console.error(`\nThe architecture is broken in ${problems.length} ${problems.length === 1 ? 'place' : 'places'}.`)
    process.exitCode = 1
  } else console.log('The import table holds, nothing imports in a circle, no global clock is read')
}
