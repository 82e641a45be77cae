// The examples do what their READMEs say: each is started by its one command, and the calls to try, run in order, print what
// their comments claim. What a turn sets in motion comes after its answer, so a read is repeated until it shows it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { until } from '../../src/testing/index.ts'
import { createProject } from '../cli/project.ts'
import { serve } from '../cli/server.ts'
import { blocksOf } from './blocks.ts'
import { type Command, commandsOf, isAsClaimed } from './commands.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START = /^node bin\/spawn\.js start (examples\/\S+)\n$/
const VARIABLE = /^([A-Z]+)=http:\/\/127\.0\.0\.1:9001(\/\S*)$/
const READS = /\/(get|status|today|schedules|dead-letters)\b/

async function check({ claim, line }: Command, env: Record<string, string>): Promise<void> {
  const look = async (): Promise<string> => {
    const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('curl ', 'curl -sS ')], {
      cwd: ROOT,
      env: { ...process.env, ...env },
    })
    return stdout
  }
  let printed = await look()
  if (claim === undefined) return
  if (!isAsClaimed(printed, claim) && READS.test(line)) {
    await until(`${line} to print ${claim}`, async () => isAsClaimed((printed = await look()), claim))
  }
  assert.ok(isAsClaimed(printed, claim), `${line}\nprints   ${printed}\nand not  ${claim}`)
}

for (const example of ['bank-transfer', 'orders', 'orders-protobuf']) {
  test(`examples/${example} does what its README says`, async () => {
    const blocks = blocksOf(readFileSync(join(ROOT, 'examples', example, 'README.md'), 'utf8'))
    const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
    const module = START.exec(shell[0] ?? '')?.[1]
    assert.ok(module, 'the first block starts it')
    using folder = createProject()
    await using server = await serve(['start', join(ROOT, module)], { cwd: folder.path })
    const [variable, ...calls] = shell.slice(1).flatMap(commandsOf)
    const [, name, path] = VARIABLE.exec(variable?.line ?? '') ?? []
    assert.ok(name && path, 'the calls begin with where it is')
    const claims = calls.filter(({ claim }) => claim !== undefined).length
    assert.ok(claims >= 5, `${claims} claims`)
    const env = { [name]: server.url + path, SPAWN_URL: server.url, NO_COLOR: '1' }
    for (const call of calls) await check(call, env)
    const { stderr, stdout } = server.output()
    // What a README shows to fail is told as a dead letter.
    const told = stdout.split('\n').filter((text) => !text.includes('became a dead letter'))
    assert.doesNotMatch(told.join('\n'), / (warn|error) /)
    assert.equal(stderr, '')
  })
}
