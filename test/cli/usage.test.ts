// The command line itself: help, version, and every way to get it wrong. Nothing here reaches a server. Where the process
// has a part in it, it is a real one.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { NAMES } from '../../src/cli/commands/index.ts'
import { cli } from './cli.ts'
import { sit } from './fake-terminal.ts'
import { cliProcess } from './process.ts'

describe('help', { concurrency: 2 }, () => {
  test('names every command and every exit code', async () => {
    const { code, stdout, stderr } = await cli(['--help'])
    assert.equal(code, 0)
    assert.equal(stderr, '')
    for (const name of NAMES) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
    for (const exit of [0, 1, 2, 3, 4, 5, 70]) assert.match(stdout, new RegExp(`^  ${exit} `, 'm'))
  })

  for (const name of NAMES) {
    test(`of ${name} has its usage, its options and an example of itself`, async () => {
      const { code, stdout } = await cli([...name.split(' '), '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^  spawn ${name} .*\\[options\\]$`, 'm'))
      assert.match(stdout, /^ {2}--json /m)
      assert.match(stdout.slice(stdout.indexOf('Examples')), new RegExp(`^  .*spawn ${name}`, 'm'))
    })
  }

  test('comes with `help <command>`, -h, and beside other options too', async () => {
    const [first, ...others] = await Promise.all([
      cli(['invoke', '--help']),
      cli(['help', 'invoke']),
      cli(['invoke', '-h']),
      cli(['invoke', '--nonsense', '--help']),
    ])
    for (const other of others) assert.equal(other.stdout, first.stdout)
    assert.match((await cli(['help', 'actors'])).stdout, /actors list/)
  })

  test('has no colours in a pipe and none of its lines is wider than a screen', async () => {
    const { stdout } = await cliProcess(['--help'], { env: { NO_COLOR: '' } })
    assert.ok(!stdout.includes('\u001b'))
    for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line)
  })
})

describe('help on a terminal is as wide as that', () => {
  for (const [words, width] of [
    [['--help'], 80],
    [['proxy', '--help'], 100],
    [['invoke', '--help'], 40],
  ] as const) {
    test(`${words.join(' ')} in ${width} columns`, async () => {
      const { printed } = await sit(words, { url: '', width })
      const wide = await sit(words, { url: '', width: null })
      const wordsOf = (texts: readonly string[]): string[] => texts.join(' ').split(/\s+/)
      assert.deepEqual(wordsOf(printed), wordsOf(wide.printed), 'nothing is left out')
      // A call to paste is one line, however long it is.
      const lines = printed.join('\n').split('\n')
      const texts = lines.filter((line) => !/^ {2}(spawn|echo) |^ {2}# /.test(line))
      assert.deepEqual(
        texts.filter((line) => line.length > width),
        [],
      )
      assert.ok(texts.length < lines.length)
    })
  }

  test('and says first how to begin', async () => {
    const { printed } = await sit(['--help'], { url: '', width: 100 })
    const lines = printed.join('\n').split('\n')
    assert.ok(lines.length < 75, `${lines.length} lines`)
    assert.ok(lines.includes('  spawn dev counter.ts'))
  })
})

test('the version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.deepEqual(await cliProcess(['--version']), {
    code: 0,
    signal: null,
    stdout: `${version}\n`,
    stderr: '',
  })
})

describe('a wrong line is told, with what to do, and exits with 2', { concurrency: 2 }, () => {
  const cases: readonly [line: string, expected: RegExp][] = [
    ['', /^spawn: durable actors/],
    ['strat x.ts', /unknown command "strat"; did you mean start\?\n\s+see: spawn --help/],
    ['inv a b', /unknown command "inv"; did you mean invoke\?/],
    ['frobnicate', /unknown command "frobnicate"\n/],
    ['actors', /spawn actors needs one of: list, get, .*delete.*\n\s+see: spawn actors --help/],
    ['actors lits', /unknown command "actors lits"; did you mean spawn actors list\?/],
    ['--versoin', /unknown option --versoin; did you mean --version\?/],
    ['--url x invoke', /options stand after the command/],
    ['invoke', /<actor> is missing: the actor's name/],
    ['invoke a', /<action> is missing/],
    ['invoke a b {} c', /unexpected argument "c"\n\s+quote an argument/],
    ['actors get a b', /unexpected argument "b"\n\s+see: spawn actors get --help/],
    ['invoke a b --ref', /--ref needs a value: --ref <definition>/],
    ['invoke a b --ref=', /--ref needs a value/],
    ['invoke a b --ref --async', /--ref needs a value, and --async looks like an option\n\s+.*--ref=--async/],
    ['invoke a b --async=yes', /--async is a flag and takes no value/],
    ['invoke a b --reff x', /unknown option --reff; did you mean --ref\?\n\s+see: spawn invoke --help/],
    ['invoke a b --ref x --ref y', /--ref is given twice/],
    ['start x.ts -p 9000', /unknown option -p; did you mean --port\?/],
    ['--json', /^\{"error":\{"code":"USAGE","message":"no command is named"/],
    ['invoke a b -5', /unknown option -5\n\s+a negative number .* after --/],
    ['invoke a b --timeout soon', /--timeout takes a time such as 500ms, 30s or 5m, not "soon"/],
    ['invoke a b --timeout 48h', /--timeout takes 1 ms to 86400000 ms/],
    ['invoke a b --metadata x', /--metadata takes key=value, not "x"/],
    ['invoke a b --metadata Big=1', /metadata key "Big"/],
    ['invoke a b --metadata k=a\nb', /the metadata value of k has a line break/],
    ['invoke a b --metadata k=\tb', /the metadata value of k begins or ends with a space/],
    ['invoke a b --idempotency-key k\n', /the idempotency key has a line break/],
    ['invoke a b --idempotency-key k\u0007', /the idempotency key has a control character/],
    ['invoke a b --idempotency-key k\t', /the idempotency key begins or ends with a space/],
    [
      'invoke a b hello',
      /the payload is not JSON: it goes wrong at column 1.*\n\s+a text is written '"hello"'/,
    ],
    ['invoke a b {"a":1,}', /the payload is not JSON: .* at column 8.*\n\s+quote it for the shell/],
    ['invoke a b @no-such-file.json', /the payload cannot be read: .*no-such-file/],
    ['invoke a b --delay soon', /--delay takes a time such as/],
    ['invoke a b --at tomorrow', /--at must be ISO 8601 with a time and an offset, .*, not "tomorrow"/],
    ['invoke a b --delay 5s --at 2026-12-01T09:00:00Z', /--delay and --at exclude each other/],
    ['invoke a b --timezone UTC', /--timezone goes with --cron/],
    ['invoke a b --receipt --async', /--receipt is for a call that is waited for/],
    ['invoke a b --receipt --delay 1s', /--receipt is for a call that is waited for/],
    ['schedules', /spawn schedules needs one of: list, cancel/],
    ['schedules cancel', /<id> is missing/],
    ['schedules list --all --limit 5', /--all and --limit exclude each other/],
    ['dead-letters', /spawn dead-letters needs one of: list, show, retry, discard/],
    ['dead-letters retry', /<id> is missing: name a dead letter, or say --all/],
    ['dead-letters discard x --all', /--all takes no id beside it/],
    ['dead-letters discard x', /nobody can be asked here\n\s+to discard without a question, add --yes/],
    ['invoke a b --url ftp://x', /is an address such as http:\/\/127.0.0.1:9001/],
    ['actors list --limit 0', /--limit takes 1 to/],
    ['actors list --limit many', /--limit takes a whole number, not "many"/],
    ['actors list --all --limit 5', /--all and --limit exclude each other/],
    ['actors list --tag =red', /--tag takes key=value/],
    ['actors list --tag a=1 --tag a=2', /--tag gives "a" twice/],
    ['actors delete x', /nobody can be asked here\n\s+.*add --yes/],
    ['start', /<module> is missing/],
    ['start x.ts --cluster foo', /^error: --cluster must be nats:\/\/host:4222/],
    ['start x.ts --port 70000', /--port takes 0 to 65535/],
    ['start x.ts --store redis', /^error: --store must be memory, sqlite:<path>, postgres:\/\/… or mariadb/],
    ['store', /spawn store needs one of: status, migrate/],
    ['store status', /no store is named\n\s+say which with --store <url>, or with PROXY_STORE/],
    ['store status postgres://a:hunter2@db/y', /unexpected argument "postgres:\/\/\*\*\*@db\/y"/],
    ['store status --store memory', /memory is gone with its process\n\s+name a store that is kept/],
    ['store status --store postgres://a:hunter@db:x/y', /^error: --store has a port that is no number .*%23/],
  ]
  for (const [line, expected] of cases) {
    test(line === '' ? 'nothing at all' : line, async () => {
      const { code, stdout, stderr } = await cli(line === '' ? [] : line.split(' '), {
        env: { SPAWN_SYSTEM: 'known' },
      })
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, expected)
      assert.doesNotMatch(stderr, /^\s+at /m, 'no stack')
    })
  }

  test('and with --json as one document', async () => {
    const { code, stderr } = await cliProcess(['invoke', 'a', '--json'])
    assert.equal(code, 2)
    const { error } = JSON.parse(stderr)
    assert.equal(error.code, 'USAGE')
    assert.match(error.message, /<action> is missing/)
    assert.equal(error.hint, 'see: spawn invoke --help')
  })
})
