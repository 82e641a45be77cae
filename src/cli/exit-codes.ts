// What the exit codes of `spawn` mean. They are an interface: scripts branch on them, so a number never changes its meaning.

export const EXIT = {
  ok: 0,
  /** The server answered that the call failed, or the module could not be started. The same again fails again. */
  failed: 1,
  /** The command line, or the configuration, is wrong; nothing was sent or opened. */
  usage: 2,
  /** No server was reached; nothing was sent. */
  unreachable: 3,
  /** The call was sent and no answer came in time: it may have happened. */
  unknownOutcome: 4,
  /** The server cannot now (mailbox full, draining, store away): try again later. */
  busy: 5,
  /** A defect: ours, or an error that nothing in the module caught. */
  defect: 70,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** For `spawn --help`, in order. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'it worked'],
  [EXIT.failed, 'it failed, and will fail again: the action, its payload, the module'],
  [EXIT.usage, 'the command line or the configuration is wrong'],
  [EXIT.unreachable, 'no server was reached, nothing was sent'],
  [EXIT.unknownOutcome, 'no answer in time: the call may have happened'],
  [EXIT.busy, 'the server cannot now, try again later'],
  [EXIT.defect, 'a defect'],
]
