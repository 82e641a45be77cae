// The code of docs/guide.md type-checks and runs as it stands, in an application's project, and answers what its comments
// claim: `await call // { total: 1 }` is an assertion.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { createProject } from '../cli/project.ts'
import { blocksOf } from './blocks.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/guide.md'), 'utf8')
const claim = /^(await .+) \/\/ (\S.*)$/gm

const programs = blocksOf(page).filter(
  ({ language, text }) => language === 'ts' && !text.includes("from './"),
)
const names = programs.map((_, at) => `block-${at + 1}.ts`)

function project(contents: readonly string[]) {
  const made = createProject(Object.fromEntries(names.map((name, at) => [name, contents[at] ?? ''])))
  for (const name of ['zod', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(made.path, 'node_modules', name), 'dir')
  }
  return made
}

const run = (cwd: string, args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })

test('every program of docs/guide.md runs, and answers what it says', () => {
  assert.ok(programs.length >= 8, `${programs.length} programs`)
  let claims = 0
  const checked = programs.map(({ text }) => {
    const code = text.replaceAll(claim, (_, call: string, claimed: string) => {
      claims += 1
      return `claimed.deepEqual(${call}, ${claimed})`
    })
    return `import claimed from 'node:assert/strict'\n${code}`
  })
  assert.ok(claims >= 20, `${claims} claims`)
  using made = project(checked)
  made.write('all.ts', names.map((name) => `await import('./${name}')\n`).join(''))
  const { status, stdout, stderr } = run(made.path, ['all.ts'])
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.match(stdout, /^INVALID_ARGUMENT \[\s+\{\s+path: 'sku',\s+problem: '.+'\s+\}\s+\]\n$/)
})

test('every program of docs/guide.md type-checks', () => {
  using made = project(programs.map(({ text }) => text))
  const options = {
    target: 'es2024',
    lib: ['esnext'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    moduleDetection: 'force',
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  }
  made.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: names }))
  const { status, stdout } = run(made.path, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'])
  assert.equal(stdout, '')
  assert.equal(status, 0)
})

test('the example of docs/guide.md is the one in the repository', () => {
  const example = blocksOf(page).find(({ text }) => text.includes("from './incrementor_pb.ts'"))
  const file = readFileSync(join(ROOT, 'examples/incrementor-protobuf/main.ts'), 'utf8')
  assert.equal(file.slice(file.indexOf('import')), example?.text)
})
