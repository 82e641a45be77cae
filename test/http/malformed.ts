// Requests that are wrong, as bytes: broken lines, headers, paths, queries, encodings, JSON and chunks, cut short or in a
// row. Decides what is sent; what must come back is fuzz.test.ts's. Every request carries SECRET where a payload stands.

import * as fc from 'fast-check'

/** `alien`: perhaps so far from HTTP that no answer is due, perhaps by chance still good. */
export type Kind = 'good' | 'wrong' | 'alien'

interface Part {
  readonly kind: Kind
  /** One character per byte. */
  readonly bytes: string
  /** Whether the server can tell what it is without more bytes; else the client must end its side. */
  readonly complete: boolean
}

/** Requests in a row on one connection; all but the last are HTTP, whatever they ask for. */
export type Conversation = readonly Part[]

const ACTORS = '/api/v1/system/my-system/actors'
const ADD = `${ACTORS}/joe/actions/add`
const SYSTEM = '/api/v1/system/my-system'
const HOST = 'Host: 127.0.0.1\r\n'
const GOOD = `GET /health HTTP/1.1\r\n${HOST}\r\n`
export const SECRET = 'SECRET'

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const bytes = fc.string({ unit: byte, maxLength: 60 })
const control = fc.constantFrom('\u0000', '\u0001', '\u000b', '\u007f', '\r', '\n')

const wrong = (text: string): Part => ({ kind: 'wrong', bytes: text, complete: true })
const alien = (text: string): Part => ({ kind: 'alien', bytes: text, complete: false })
const post = (target: string, body: string, headers = ''): string =>
  `POST ${target} HTTP/1.1\r\n${HOST}${headers}Content-Length: ${body.length}\r\n\r\n${body}`
const get = (target: string, method = 'GET'): string => `${method} ${target} HTTP/1.1\r\n${HOST}\r\n`

const noise = bytes.map(alien)

const brokenLine = fc
  .oneof(
    fc
      .constantFrom('GEt', 'G ET', '', 'get', 'FETCH', 'GET:', '\u0000GET', 'BREW', '\u00c4')
      .map((method) => `${method} / HTTP/1.1`),
    fc
      .constantFrom(
        'HTTP/1.2',
        'HTTP/3.0',
        'HTTP/',
        'HTP/1.1',
        'HTTP/1.1 x',
        'http/1.1',
        'HTTP/0.9',
        'HTTP/2.0',
      )
      .map((version) => `GET / ${version}`),
    fc.tuple(control, fc.nat(8)).map(([bad, at]) => `GET /heal${'x'.repeat(at)}${bad}th HTTP/1.1`),
  )
  .map((line) => wrong(`${line}\r\n${HOST}\r\n`))

const HEADERS: readonly (readonly string[])[] = [
  [
    'no colon',
    ': no name',
    'bad name: x',
    'X\u0000: x',
    ' folded: x',
    'X-\u00e4: x',
    'X: a\u0000b',
    'X: a\rb',
  ],
  ['Content-Length: x', 'Content-Length: -1', 'Content-Length: 1, 2', 'Content-Length: 1e3'],
  ['Content-Length: 0x1', 'Content-Length: 99999999999999999999', 'Content-Length: 1\r\nContent-Length: 2'],
  [
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, gzip',
  ],
  ['Host: two', 'Host: two\r\nOrigin: http://two', 'Origin: http://evil', 'Origin: null'],
  ['Expect: the unexpected', 'Content-Encoding: br\r\nContent-Length: 2', 'Idempotency-Key: \u00c3('],
  [
    'Spawn-Timeout: soon',
    'Spawn-Timeout: 0',
    'Spawn-Timeout: 1e3',
    'Spawn-Timeout: 99999999999',
    'Spawn-Timeout:',
  ],
  ['Spawn-Metadata-: x', 'Spawn-Metadata-__proto__: x', 'Spawn-Metadata-K: \u00ff'],
]

const brokenHeader = fc
  .oneof(
    ...HEADERS.map((lines) => fc.constantFrom(...lines)),
    fc.nat(5_000).map((more) => `X-Long: ${'x'.repeat(16_384 + more)}`),
    fc.nat(100).map((more) => 'X-Many: x\r\n'.repeat(128 + more).trimEnd()),
  )
  // A wrong Host must be the only one to be seen.
  .map((header) => (header.startsWith('Host') ? `${header}\r\n` : `${HOST}${header}\r\n`))
  .map((headers) => wrong(`POST ${ADD} HTTP/1.1\r\n${headers}\r\n`))

const notUtf8 = fc.constantFrom(
  '%',
  '%f',
  '%zz',
  '%ff',
  '%c3%28',
  '%ed%a0%80',
  '%80',
  'a%',
  '\u00ff',
  '\u00c3(',
)

const brokenPath = fc.oneof(
  fc
    .constantFrom(
      '/nothing',
      '/api',
      '/api/v1',
      `${ACTORS}/joe/actions`,
      `${ADD}/more`,
      '*',
      '//',
      '/health/',
    )
    .map((path) => wrong(get(path))),
  fc.stringMatching(/^[a-z]{9,20}$/).map((path) => wrong(get(`/${path}`))),
  notUtf8.map((name) => wrong(get(`${ACTORS}/${name}`))),
  notUtf8.map((name) => wrong(post(`${ACTORS}/joe/actions/${name}`, '{}'))),
  fc
    .constantFrom(`${ACTORS}/`, `${ACTORS}//actions/add`, `${ACTORS}/joe/actions/`, '/api/v1/system//actors')
    .map((path) => wrong(post(path, '{}'))),
  fc
    .constantFrom('/api/v1/system/other/actors', '/api/v1/system/other/actors/joe')
    .map((path) => wrong(get(path))),
  fc
    .tuple(
      fc.constantFrom('PATCH', 'OPTIONS', 'TRACE', 'DELETE', 'PUT', 'GET', 'SEARCH', 'LINK'),
      fc.boolean(),
    )
    .map(([method, slow]) => wrong(get(slow ? `${ADD}?async=true` : ADD, method))),
)

const brokenOutbox = fc.oneof(
  notUtf8.map((id) => wrong(get(`${SYSTEM}/dead-letters/${id}`))),
  notUtf8.map((id) => wrong(get(`${SYSTEM}/schedules/${id}`, 'DELETE'))),
  notUtf8.map((name) => wrong(post(`${SYSTEM}/channels/${name}`, '{}'))),
  fc
    .constantFrom('schedules/a/b', 'dead-letters/', 'dead-letters/a/retry/b', 'channels', 'schedules/a')
    .map((path) => wrong(get(`${SYSTEM}/${path}`))),
  fc
    .constantFrom(
      'schedules?limit=0',
      'dead-letters?prefix=a',
      'dead-letters/a?ref=b',
      'schedules?__proto__=x',
    )
    .map((path) => wrong(get(`${SYSTEM}/${path}`))),
  fc
    .constantFrom(`{"a":"${SECRET}"`, `"${SECRET}`, `{"__proto__":"${SECRET}"}`)
    .map((body) => wrong(post(`${SYSTEM}/channels/news`, body))),
  fc
    .constantFrom('dead-letters/a/retry', 'schedules', 'channels/news?ref=x')
    .map((path) => wrong(post(`${SYSTEM}/${path}`, `"${SECRET}"`))),
)

const brokenQuery = fc
  .oneof(
    notUtf8.map((value) => `ref=${value}`),
    fc.constantFrom(
      'asnyc=true',
      'async=maybe',
      'ref=a&ref=b',
      'async&async',
      '=x',
      '__proto__=x',
      '&x',
      'ref=a&%72ef=b',
      'receipt=yes',
      'delay=soon',
      'delay=-1',
      'delay=99999999999999999',
      'delay=1&at=2030-01-01T00:00:00Z',
      'at=2030-01-01',
      'at=2030-02-30T00:00:00Z',
      'cron=*+*+*+*+*&delay=1',
      'timezone=UTC',
    ),
    fc.stringMatching(/^[b-qs-z]{2,9}(=[a-z]*)?$/),
  )
  .map((query) => wrong(post(`${ADD}?${query}`, '{}')))

const brokenListing = fc
  .constantFrom(
    'limit=0',
    'limit=-1',
    'limit=1001',
    'limit=ten',
    'tag.=x',
    'tag.__proto__=x',
    'name=a&name=b',
    'ref=x',
  )
  .map((query) => wrong(get(`${ACTORS}?${query}`)))

const brokenType = fc
  .constantFrom(
    'text/plain',
    'application/json; charset=latin1',
    'multipart/form-data; boundary=x',
    'x',
    'application/jsonx',
  )
  .map((type) => wrong(post(ADD, '{}', `Content-Type: ${type}\r\n`)))

const brokenJson = fc
  .oneof(
    fc
      .tuple(fc.json(), fc.constantFrom(',', '}', ']', '"', '\u0000', ' x'))
      .map(([text, tail]) => text + tail),
    fc.constantFrom(
      '{',
      '{"a"',
      '{"a":',
      '[1,',
      '"',
      '"\\u12"',
      "{'a':1}",
      '{a:1}',
      '01',
      '+1',
      'NaN',
      'undefined',
      '"\t"',
    ),
    fc.constantFrom('{"__proto__":1}', '{"a":{"\\u005f_proto__":{}}}', '{"constructor":{"prototype":1}}'),
    fc.constantFrom('"\u00ff"', '"\u00c3("', '\u00fe\u00ff', '"\u00ed\u00a0\u0080"'),
    fc.integer({ min: 257, max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.integer({ min: 257, max: 5_000 }).map((depth) => '{"a":'.repeat(depth)),
  )
  .map((text) => Buffer.from(`{"card":"${SECRET}","x":${text}}`, 'latin1').toString('latin1'))
  .map((body) => wrong(post(ADD, body)))

const brokenChunks = fc
  .constantFrom(
    'zz\r\n',
    '-1\r\n',
    '1\r\nab\r\n',
    '\r\n',
    '1;=\u0000\r\n',
    'fffffffffffffffff\r\n',
    '0\r\nbad trailer\r\n\r\n',
    '2\r\n{}0\r\n',
  )
  .map((chunks) => wrong(`POST ${ADD} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks}`))

const cut = fc
  .tuple(
    fc.constantFrom(
      post(ADD, '{"value":1}'),
      GOOD,
      `POST ${ADD} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ),
    fc.nat(),
  )
  .map(([text, at]) => ({ ...wrong(text.slice(0, 1 + (at % (text.length - 1)))), complete: false }))

/** A byte of a good request changed: most often wrong, sometimes still good. */
const flipped = fc.tuple(fc.nat(), byte).map(([at, put]) => {
  const text = post(
    `${ADD}?ref=user`,
    '{"value":1}',
    'Content-Type: application/json\r\nSpawn-Timeout: 500\r\n',
  )
  const place = at % text.length
  return alien(text.slice(0, place) + put + text.slice(place + 1))
})

const good = fc.constant<Part>({ kind: 'good', bytes: GOOD, complete: true })
const wrongAsked = fc.oneof(brokenPath, brokenOutbox, brokenQuery, brokenListing, brokenJson)
const wrongSaid = fc.oneof(noise, flipped, cut, brokenLine, brokenHeader, brokenType, brokenChunks)

/** Up to five requests on one connection, the last one certainly wrong. */
export const conversation: fc.Arbitrary<Conversation> = fc
  .tuple(
    fc.array(fc.oneof(good, wrongAsked, wrongAsked), { maxLength: 4, size: 'max' }),
    fc.oneof(wrongAsked, wrongSaid, wrongSaid),
  )
  .map(([before, last]) => [...before, last])
