// package-lock.json must serve everybody: it names no registry but the public one, pins the package's own
// dependencies exactly, and has an entry for every platform's package, without which `npm ci` refuses it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Entry {
  readonly resolved?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Entry>> }
const { '': own = {}, ...others } = packages

test('the lock names no address but the public registry', () => {
  const addresses = Object.values(others).flatMap(({ resolved }) => resolved ?? [])
  assert.deepEqual(
    addresses.filter((address) => !address.startsWith('https://registry.npmjs.org/')),
    [],
  )
})

test('the lock has an entry for every optional dependency', () => {
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  assert.ok(wanted.length > 0)
  assert.deepEqual(
    wanted.filter((name) => !(`node_modules/${name}` in packages)),
    [],
    'npm run lock adds them',
  )
})

test('the lock holds the checksum of everything that every platform installs', () => {
  const unchecked = Object.entries(others).filter(
    ([, entry]) => entry.integrity === undefined && !entry.optional,
  )
  assert.deepEqual(unchecked, [])
})

test('every dependency of ours is pinned to one version', () => {
  const ours = { ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies }
  const loose = Object.entries(ours).filter(([, version]) => !/^(npm:[a-z-]+@)?\d+\.\d+\.\d+$/.test(version))
  assert.deepEqual(loose, [])
})
