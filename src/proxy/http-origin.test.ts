// Pages of other sites are kept away from a listener on the developer's machine; programs are not concerned.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isLoopback, OriginGuard } from './http-origin.ts'

const isRefused = (guard: OriginGuard, host: string | undefined, origin?: string): boolean =>
  guard.refuse({ ...(host !== undefined && { host }), ...(origin !== undefined && { origin }) }) !== null

test('a loopback listener answers to loopback names', () => {
  const guard = new OriginGuard('127.0.0.1', ['My.Dev'])
  for (const host of [
    '127.0.0.1:9001',
    'localhost',
    'LOCALHOST:1',
    'app.localhost:9001',
    '[::1]:9001',
    'my.dev:9001',
  ]) {
    assert.equal(isRefused(guard, host), false, host)
  }
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example:9001',
    '10.0.0.1',
    '',
  ]) {
    assert.equal(isRefused(guard, host), true, host)
  }
  assert.equal(isRefused(guard, undefined), false)
})

test('a host that was found good does not make the next one good', () => {
  const guard = new OriginGuard('localhost', [])
  assert.equal(isRefused(guard, 'localhost:9001'), false)
  assert.equal(isRefused(guard, 'evil.example'), true)
  assert.equal(isRefused(guard, 'localhost:9001'), false)
})

test('a listener for other machines answers to any name', () => {
  assert.equal(isRefused(new OriginGuard('0.0.0.0', []), 'spawn.internal:9001'), false)
})

test('a page may call its own origin only', () => {
  const guard = new OriginGuard('0.0.0.0', [])
  assert.equal(isRefused(guard, 'app.example', 'https://app.example'), false)
  for (const origin of [
    'https://evil.example',
    'null',
    'https://evil.example/app.example',
    'http://app.example:1',
    '',
  ]) {
    assert.equal(isRefused(guard, 'app.example', origin), true, origin)
  }
})

test('loopback hosts are known', () => {
  for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '::1'])
    assert.equal(isLoopback(host), true, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com']) assert.equal(isLoopback(host), false, host)
})
