// The programs of a page: its TypeScript blocks that import from the package and nothing beside them. Each runs and
// type-checks as it stands, in an application's project; `await call // { total: 1 }` is a claim, and checked.

import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createProject } from '../cli/project.ts'
import { type Block, blocksOf } from './blocks.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const CLAIM = /^(await .+) \/\/ (\S.*)$/gm

/** What a tsconfig needs, as the guide says it, and stricter. */
function compilerOptions(): object {
  const block = blocksOfPage('guide.md').find(({ language }) => language === 'json')
  const { compilerOptions: said } = JSON.parse(block?.text ?? '{}') as { compilerOptions: object }
  return {
    ...said,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    moduleDetection: 'force',
    skipLibCheck: true,
  }
}

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** How many claims were checked. */
  readonly claims: number
}

export function blocksOfPage(page: string): Block[] {
  return blocksOf(readFileSync(join(ROOT, 'docs', page), 'utf8'))
}

export function programsOf(page: string): string[] {
  return blocksOfPage(page)
    .filter(({ language, text }) => language === 'ts' && !text.includes("from './"))
    .map(({ text }) => text)
}

/** Runs the programs one after the other, in one process. */
export function runPrograms(programs: readonly string[]): Outcome {
  let claims = 0
  const checked = programs.map((text) => {
    const code = text.replaceAll(CLAIM, (_, call: string, claimed: string) => {
      claims += 1
      return `claimed.deepEqual(${call}, ${claimed})`
    })
    return `import claimed from 'node:assert/strict'\n${code}`
  })
  const names = checked.map((_, at) => nameOf(at))
  const all = names.map((name) => `await import('./${name}')\n`).join('')
  using project = createProject({ 'all.ts': all })
  checked.forEach((text, at) => project.write(nameOf(at), text))
  installIn(project.path)
  const { status, stderr, stdout } = run(project.path, ['all.ts'])
  return { status, stdout, stderr, claims }
}

/**
 * Checks the programs of all these pages at once: the compiler takes longer for the package than for them.
 *
 * @returns what it says; nothing when all is well.
 */
export function typeCheck(pages: readonly string[]): string {
  const programs = pages.flatMap((page) =>
    programsOf(page).map((text, at) => ({ name: `${page}/${nameOf(at)}`, text })),
  )
  const files = programs.map(({ name }) => name)
  using project = createProject({
    'tsconfig.json': JSON.stringify({ compilerOptions: compilerOptions(), files }),
  })
  for (const { name, text } of programs) project.write(name, text)
  installIn(project.path)
  return run(project.path, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']).stdout
}

const nameOf = (at: number): string => `block-${at + 1}.ts`

function installIn(path: string): void {
  for (const name of ['zod', '@types', '@bufbuild']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(path, 'node_modules', name), 'dir')
  }
}

function run(cwd: string, args: readonly string[]) {
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
}
