// Stream sockets between the processes of one program on one machine: messages, requests with answers, and the folder in which
// the sockets lie. What is said over them is the adapters'.

export { AnsweringSocket } from './answering-socket.ts'
export { AskingSocket, Unanswered } from './asking-socket.ts'
export { Listening } from './listening.ts'
export { MessageSocket } from './message-socket.ts'
export { type SocketFolder, socketFolder } from './socket-folder.ts'
