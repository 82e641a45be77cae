// Where a listener listens, in words: the URL of an address that was opened, and why one could not be.

import type { AddressInfo } from 'node:net'

import { messageOf, SpawnError } from '../base/index.ts'

/** The URL under which a program of the same machine reaches a listener, without a slash at the end. */
export function urlOf({ address, port, family }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

/** Why `host` and `port` could not be listened on, and what to do. */
export function notListening(host: string, port: number, thrown: unknown): SpawnError {
  const where = `port ${port} of ${host}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is in use: stop the process that has it, or listen on another port`,
    EACCES: `${where} needs privileges that this process has not: take a port from 1024 on`,
    EADDRNOTAVAIL: `${host} is no address of this machine: take one that it has, or 0.0.0.0 for all`,
    ENOTFOUND: `the host "${host}" is not known: take an address of this machine`,
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const reason = reasons[code] ?? `${where} cannot be listened on: ${messageOf(thrown)}`
  return new SpawnError('INVALID_ARGUMENT', `HTTP: ${reason}`, { cause: thrown })
}
