// The README's first screen does what it says: its code runs and answers what its comments claim, and its commands, pasted
// in order, count on after a kill -9. The only liberty taken is the port, so that the test does not need 9001.

import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createProject } from '../cli/project.ts'
import { PATIENCE } from '../cli/server.ts'
import { until } from '../../src/testing/until.ts'
import { blocksOf } from './blocks.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const blocks = blocksOf(readFileSync(join(ROOT, 'README.md'), 'utf8'))

const block = (language: string, part: string): string => {
  const found = blocks.find(({ language: own, text }) => own === language && text.includes(part))
  assert.ok(found, `the README has a \`\`\`${language} block with ${part}`)
  return found.text
}

/** `await f() // { total: 1 }, typed` becomes an assertion of what the comment claims. */
function withClaimsChecked(code: string): { readonly code: string; readonly claims: number } {
  let claims = 0
  const checked = code.replace(/^(await .+?) \/\/ (\{.*?\})/gm, (_, call: string, claim: string) => {
    claims += 1
    return `assert.deepEqual(${call}, ${claim}) //`
  })
  return {
    code: `import assert from 'node:assert/strict'\n${checked}\nconsole.log('reached the end')\n`,
    claims,
  }
}

test('the code runs, and answers what its comments say', () => {
  const { code, claims } = withClaimsChecked(block('ts', "from 'spawn-mesh'"))
  assert.equal(claims, 2, 'both calls say what they answer')
  using project = createProject({ 'readme.ts': code })
  const { status, stdout, stderr } = spawnSync(process.execPath, ['readme.ts'], {
    cwd: project.path,
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(stdout, 'reached the end\n')
  assert.equal(status, 0)
})

describe('the commands', () => {
  const start = block('sh', 'npm start')
    .replace(/^npm ci && /m, '')
    .trim()
  const curl = block('sh', 'curl').trim()

  test('start a server that prints the line to paste, which counts, also after kill -9', async () => {
    using checkout = copyOfCheckout()
    for (const expected of ['{"total":1}', '{"total":2}']) {
      const server = startIn(checkout.path, `${start} -- --port 0`)
      try {
        const line = (): string | undefined => /^\s*(curl .*)$/m.exec(server.output())?.[1]
        const printed = await until('the line to paste', line, PATIENCE)
        assert.equal(
          printed.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:9001'),
          curl,
          'the README shows that line',
        )
        const { stdout } = spawnSync('sh', ['-c', printed], { encoding: 'utf8' })
        assert.equal(stdout, expected)
      } finally {
        await server.kill()
      }
    }
  })
})

interface Running {
  output(): string
  /** Kills all of it, without a chance to tidy up. */
  kill(): Promise<void>
}

function startIn(cwd: string, line: string): Running {
  // As on a machine whose own Node may be older: npm puts the one of the checkout first.
  const path = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(
    delimiter,
  )
  const child: ChildProcess = spawn('sh', ['-c', line], {
    cwd,
    detached: true,
    env: { ...process.env, PATH: path, NO_COLOR: '1' },
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    output: () => output,
    kill: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await closed
    },
  }
}

/** The files of this checkout in a directory of their own, so that no state of another run is met or left behind. */
function copyOfCheckout(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'spawn-checkout-'))
  for (const part of ['bin', 'src', 'examples', 'package.json']) {
    cpSync(join(ROOT, part), join(path, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'), 'dir')
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
