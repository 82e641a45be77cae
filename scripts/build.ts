// `npm run build [-- folder]`: writes the package to publish into dist/ (`npm pack ./dist`, `npm publish ./dist`).
// Decides its layout: lib/ is src/ as JavaScript with declarations, at the same depth, so that relative paths to
// package.json hold in both; package.json is ours with exports that name lib/ and without what only a checkout
// needs. Invariant: nothing in dist/ names a TypeScript source file, since Node strips no types in node_modules.
import { spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

const root = new URL('../', import.meta.url)
const dist = pathToFileURL(`${process.argv[2] ?? fileURLToPath(new URL('dist', root))}/`)
const copied = ['README.md', 'CHANGELOG.md', 'LICENSE', 'bin', 'docs', 'protos']
const onlyInCheckout = [
  'private',
  'scripts',
  'devDependencies',
  'optionalDependencies',
  'workspaces',
  'allowScripts',
]

rmSync(dist, { recursive: true, force: true })
compile()
for (const file of globSync('lib/**/*.{js,d.ts}', { cwd: dist })) renameSources(new URL(file, dist))
for (const name of copied) {
  const from = new URL(name, root)
  if (existsSync(from)) cpSync(from, new URL(name, dist), { recursive: true })
}
writePackageJson()

function compile(): void {
  const { status } = spawnSync(
    'tsc',
    ['-p', 'tsconfig.build.json', '--outDir', fileURLToPath(new URL('lib', dist))],
    // its findings go where errors go
    { cwd: root, stdio: ['ignore', 2, 2] },
  )
  if (status !== 0) process.exit(status ?? 1)
}

/** The compiler rewrites imports in code; imports in declarations and workers' URLs are left to us. */
function renameSources(file: URL): void {
  const text = readFileSync(file, 'utf8')
  const renamed = file.pathname.endsWith('.d.ts')
    ? text.replace(/((?:from|import) ?\(?['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    : text.replace(/(new URL\(\s*['"]\.[^'"]*)\.ts(['"],\s*import\.meta\.url)/g, '$1.js$2')
  if (renamed !== text) writeFileSync(file, renamed)
}

function writePackageJson(): void {
  const { exports, ...rest } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Manifest
  const published: Record<string, unknown> = { ...rest, main: './lib/sdk/index.js', exports: {} }
  for (const field of onlyInCheckout) delete published[field]
  published['exports'] = Object.fromEntries(
    Object.entries(exports).map(([name, path]) => [name, target(path)]),
  )
  published['sideEffects'] = false
  writeFileSync(new URL('package.json', dist), `${JSON.stringify(published, null, 2)}\n`)
}

function target(path: string): string | { types: string; default: string } {
  const source = /^\.\/src\/(.+)\.ts$/.exec(path)?.[1]
  if (source === undefined) return path
  return { types: `./lib/${source}.d.ts`, default: `./lib/${source}.js` }
}
