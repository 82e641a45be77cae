// `npm run lock`: after a change of dependencies, writes package-lock.json anew and completes it. npm leaves out
// the packages for other platforms that the registry at hand does not serve, and `npm ci` then refuses the lock
// as out of date. They are added here by name and version, with the platform that their name tells; npm skips
// them where the platform differs. Invariant: every optional dependency in the lock has an entry of its own.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

interface Lock {
  packages: Record<string, Entry>
}

const SYSTEMS = [
  'linux',
  'darwin',
  'win32',
  'freebsd',
  'netbsd',
  'openbsd',
  'sunos',
  'aix',
  'android',
  'openharmony',
]
const PROCESSORS: Readonly<Record<string, string>> = {
  x64: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  armv7: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
}
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
}

const path = new URL('../package-lock.json', import.meta.url)
const { status } = spawnSync('npm', ['install', '--package-lock-only'], { stdio: 'inherit' })
if (status !== 0) throw new Error(`npm install failed with ${status ?? 'a signal'}`)

const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
const added: Record<string, Entry> = {}
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`
    if (place in lock.packages) continue
    added[place] = { version, ...platformOf(name), ...(dev === true && { dev }), optional: true }
  }
}
const { '': root = {}, ...others } = { ...lock.packages, ...added }
const sorted = Object.entries(others).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(
  path,
  `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`,
)
console.log(`${Object.keys(added).length} packages for other platforms added to package-lock.json`)

/** `@scope/binding-linux-arm64-musl` → linux, arm64, musl. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/]/)
  const system = words.find((word) => SYSTEMS.includes(word))
  const processor = words.map((word) => PROCESSORS[word]).find((found) => found !== undefined)
  const library = words.map((word) => LIBRARIES[word]).find((found) => found !== undefined)
  if (processor === undefined || (system === undefined && processor !== 'wasm32')) {
    throw new Error(`the name of ${name} tells no platform: add its words to scripts/complete-lock.ts`)
  }
  return {
    cpu: [processor],
    ...(system === 'linux' && library !== undefined && { libc: [library] }),
    ...(system !== undefined && { os: [system] }),
  }
}
