// What we take of node:http. An `import` of it reads every export, and one of them loads all of Node's fetch and WebSocket,
// which costs a start as much as a third of our own code; a module that is asked for is not read.

const { Agent, createServer, request, Server, STATUS_CODES } = process.getBuiltinModule('node:http')

export { Agent, createServer, request, Server, STATUS_CODES }
