// What the SDK reads from its surroundings: one variable, in one place.

/** Whether handlers that change a state in place are told so. The check costs a look at each new part of a state. */
export const freezesStates = process.env['NODE_ENV'] !== 'production'
