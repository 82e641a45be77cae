// What this room reads from its surroundings: the orders of a worker, and how this program was started, so that it can be
// started again.
//
// Invariant: only a child of the process that gave the orders takes them for its own, so a program that a worker starts, with
// its environment, is nobody's worker.

import { SpawnError } from '../base/index.ts'
import { type Orders, ORDERS_VARIABLE, readOrders } from './orders.ts'

/** Read when the program begins: it may go elsewhere later. */
const FOLDER = process.cwd()

/**
 * @returns null: this process is nobody's worker.
 * @throws SpawnError CANCELLED when the process whose worker it was to be is gone.
 */
export function ownOrders(): Orders | null {
  const orders = readOrders(process.env[ORDERS_VARIABLE])
  if (orders === null || process.send === undefined) return null
  if (orders.first === process.ppid) return orders
  if (isThere(orders.first)) return null
  const text = `the process ${orders.first}, whose worker ${orders.worker} this one was to be, is gone; so it starts nothing`
  throw new SpawnError('CANCELLED', text)
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    // Of another user, it is there.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

/** How the same program is begun again. */
export interface Program {
  readonly file: string
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** Null: it has no file (it was typed, or given with `--eval`). */
export function thisProgram(): Program | null {
  const [, file, ...args] = process.argv
  if (file === undefined || process.execArgv.some((argument) => EVALUATES.test(argument))) return null
  return { file, args, execArgv: process.execArgv.map(inspectedElsewhere), env: process.env, cwd: FOLDER }
}

const EVALUATES = /^(-e|-p|-pe|--eval|--print)(=|$)/

/** Two processes cannot be inspected at one port, and one that waits for its debugger would keep all waiting. */
function inspectedElsewhere(argument: string): string {
  return /^--inspect(-brk|-wait)?(=|$)/.test(argument) ? '--inspect=127.0.0.1:0' : argument
}
