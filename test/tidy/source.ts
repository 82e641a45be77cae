// Reads one source file into the facts that the house rules judge: its imports, the ambient things it touches,
// the sizes and names of what it declares. Decides nothing about right and wrong (rules.ts does). It parses with
// the TypeScript compiler, so text in comments and strings is never mistaken for code.
import ts from 'typescript-api'
import { posix } from 'node:path'

export interface Import {
  readonly specifier: string
  /** The imported file's path from the repository's root; undefined for packages. */
  readonly target: string | undefined
  readonly line: number
}

export interface Sighting {
  readonly name: string
  readonly line: number
}

export interface FunctionSize extends Sighting {
  readonly lines: number
}

export interface Source {
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Clocks, timers and randomness taken from the environment instead of from a port. */
  readonly ambient: readonly Sighting[]
  readonly environment: readonly Sighting[]
  readonly functions: readonly FunctionSize[]
  readonly declared: readonly Sighting[]
  /** `test.only`, `describe.skip` and their kin. */
  readonly focused: readonly Sighting[]
}

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate']
const RANDOM = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues', 'webcrypto']
const AMBIENT_GLOBALS = new Set([...TIMERS, ...RANDOM, 'performance'])
const AMBIENT_MEMBERS = new Set(['Math.random', 'AbortSignal.timeout', 'process.hrtime', 'process.uptime'])
const AMBIENT_MODULES = new Set(['timers', 'timers/promises', 'perf_hooks'])
const DATE_WITHOUT_CLOCK = new Set(['parse', 'UTC', 'prototype'])
const RUNNERS = new Set(['test', 'it', 'describe', 'suite', 't'])

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const source: Mutable<Source> = {
    path,
    text,
    lines: text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length,
    imports: [],
    ambient: [],
    environment: [],
    functions: [],
    declared: [],
    focused: [],
  }
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    const line = lineOf(node.getStart(file))
    const specifier = importedBy(node)
    if (specifier !== undefined) source.imports.push({ specifier, target: targetOf(path, specifier), line })
    const ambient = ambientIn(node)
    if (ambient !== undefined) source.ambient.push({ name: ambient, line })
    if (readsEnvironment(node)) source.environment.push({ name: 'process.env', line })
    if (hasBody(node)) {
      const lines = lineOf(node.getEnd()) - line + 1
      source.functions.push({ name: nameOf(node), line, lines })
    }
    if (isNamedDeclaration(node)) source.declared.push({ name: node.name?.text ?? '', line })
    if (isFocus(node)) source.focused.push({ name: node.getText(file), line })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return source
}

/** What a static import, re-export, dynamic import, import type or `new URL('…', import.meta.url)` names. */
function importedBy(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return literal(node.arguments[0])
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') {
    const [relative, base] = node.arguments ?? []
    const specifier = literal(relative)
    if (base?.getText() === 'import.meta.url' && specifier?.endsWith('.ts') === true) return specifier
  }
  return undefined
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

function targetOf(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

function ambientIn(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node)) {
    const module = literal(node.moduleSpecifier)?.replace(/^node:/, '') ?? ''
    return AMBIENT_MODULES.has(module) && !isTypeOnly(node) ? module : undefined
  }
  if (ts.isPropertyAccessExpression(node)) {
    const member = `${node.expression.getText()}.${node.name.text}`
    if (AMBIENT_MEMBERS.has(member)) return member
    const owner = node.expression.getText()
    const isGlobal = owner === 'globalThis' || owner === 'crypto'
    return isGlobal && AMBIENT_GLOBALS.has(node.name.text) ? member : undefined
  }
  if (!ts.isIdentifier(node) || !isValueReference(node)) return undefined
  if (node.text === 'Date') return dateClockRead(node)
  return AMBIENT_GLOBALS.has(node.text) ? node.text : undefined
}

/** `new Date(value)`, `Date.parse` and `Date.UTC` compute; every other use of `Date` reads the clock or could. */
function dateClockRead(node: ts.Identifier): string | undefined {
  const parent = node.parent
  if (ts.isNewExpression(parent) && parent.expression === node) {
    return (parent.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined
  }
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) {
    return DATE_WITHOUT_CLOCK.has(parent.name.text) ? undefined : `Date.${parent.name.text}`
  }
  const isInstanceCheck =
    ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  return isInstanceCheck ? undefined : 'Date'
}

/** An identifier that stands for its value: not a member's name, a declared name, a property key or a type. */
function isValueReference(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent)) return false
  if (ts.isExpressionWithTypeArguments(parent)) return false
  if (ts.isImportSpecifier(parent))
    return (parent.propertyName ?? parent.name) === node && !isTypeOnly(parent)
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.initializer === node
  if (ts.isPropertyDeclaration(parent) || ts.isEnumMember(parent)) return parent.initializer === node
  const namesItself =
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isGetAccessor(parent) ||
    ts.isSetAccessor(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isClassDeclaration(parent) ||
    ts.isNamedTupleMember(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isLabeledStatement(parent)
  return !namesItself
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ImportSpecifier): boolean {
  if (ts.isImportDeclaration(node)) return isTypeClause(node.importClause)
  return node.isTypeOnly || isTypeClause(node.parent.parent)
}

function isTypeClause(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text === 'env' && /^(globalThis\.)?process$/.test(node.expression.getText())
  }
  if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === 'env') {
    const declaration = node.parent.parent
    return ts.isVariableDeclaration(declaration) && declaration.initializer?.getText() === 'process'
  }
  if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== 'env') return false
  return /process['"]$/.test(node.parent.parent.parent.moduleSpecifier.getText())
}

type WithBody = ts.FunctionLikeDeclaration & { readonly body: ts.Node }

function hasBody(node: ts.Node): node is WithBody {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

function nameOf(node: WithBody): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  if (node.name !== undefined) return node.name.getText()
  const parent = node.parent
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText()
  return 'a function without a name'
}

type NamedDeclaration =
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.FunctionDeclaration

function isNamedDeclaration(node: ts.Node): node is NamedDeclaration {
  return (
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isFunctionDeclaration(node)
  )
}

function isFocus(node: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(node)) return false
  const isMark = node.name.text === 'only' || node.name.text === 'skip' || node.name.text === 'todo'
  return isMark && RUNNERS.has(node.expression.getText())
}
