// ARCHITECTURE.md names every file of the rooms that it shows inside, and no other.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ROOT } from './programs.ts'

for (const folder of [
  'actor',
  'actor/away',
  'actor/life',
  'actor/past',
  'actor/post',
  'archive',
  'cluster/local',
  'cluster/nats',
  'hosts/remote',
  'mesh',
  'mesh/peers',
  'protocol/protobuf',
  'proxy',
  'proxy/config',
  'sdk/serving',
  'sockets',
  'stores',
  'stores/frames',
  'stores/served',
  'stores/sql',
  'stores/postgres',
  'stores/mariadb',
  'stores/sealed',
  'workers',
]) {
  test(`the table of src/${folder} in ARCHITECTURE.md has every file, and no other`, () => {
    const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const start = text.indexOf(`## Inside \`${folder}/\``)
    assert.ok(start !== -1)
    const section = text.slice(start, text.indexOf('\n## ', start))
    const named = [...section.matchAll(/`([a-z-]+\.ts)`/g)].map(([, file]) => file)
    const files = readdirSync(join(ROOT, 'src', folder)).filter(
      (file) => file.endsWith('.ts') && file !== 'index.ts' && !file.endsWith('.test.ts'),
    )
    assert.equal(named.length, files.length, 'each once')
    assert.deepEqual(new Set(named), new Set(files))
  })
}
