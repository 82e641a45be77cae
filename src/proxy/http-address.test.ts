import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { checkFree } from './http-address.ts'

const serverOn = async (
  port: number,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
  const address = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: address.port, close }
}

/** What becomes of who connects. */
const outcomeOf = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  })

test('a place that somebody has is said, also under the address of all', async () => {
  const { close, port } = await serverOn(0)
  for (const host of ['127.0.0.1', '0.0.0.0'])
    await assert.rejects(checkFree({ host, port }), {
      code: 'INVALID_ARGUMENT',
      message: /in use: stop the process/,
    })
  await close()
  for (const host of ['127.0.0.1', '0.0.0.0']) await checkFree({ host, port })
  await checkFree({ port: 0 })
})

test('who connects while a place is looked at is refused, and never taken in', async () => {
  const { close, port } = await serverOn(0)
  await close()
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_none, at) => {
      if (at % 4 !== 0) return outcomeOf(port)
      await checkFree({ host: '127.0.0.1', port })
      return 'free'
    }),
  )
  assert.deepEqual(new Set(outcomes), new Set(['free', 'ECONNREFUSED']))
})
