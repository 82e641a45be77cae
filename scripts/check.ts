// `npm run check`: format, lint, types, dead exports and house rules; prints what failed and goes on.
// Decides nothing itself: each tool's configuration does. Changes no file (`npm run format` does).
import { spawn } from 'node:child_process'

const checks: Readonly<Record<string, readonly string[]>> = {
  format: ['oxfmt', '--check'],
  lint: ['oxlint'],
  types: ['tsc', '--noEmit'],
  'dead exports': ['knip'],
  'house rules': ['node', 'scripts/test.ts', 'test/tidy.test.ts'],
}

const started = performance.now()
let failures = 0
for (const [name, [command = '', ...args]] of Object.entries(checks)) {
  const from = performance.now()
  const { code, output } = await outcome(command, args)
  console.log(`${code === 0 ? '✔' : '✖'} ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`)
  if (code === 0) continue
  failures += 1
  console.log(`${output.replace(/^\s*[✔ℹ].*\n/gm, '').trimEnd()}\n`)
}
console.log(
  `${failures === 0 ? 'all checks hold' : `${failures} failed`}, ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
process.exitCode = failures === 0 ? 0 : 1

function outcome(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
