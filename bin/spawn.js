#!/usr/bin/env node
// Starts the `spawn` command. Decides two things only: whether this Node is new enough, and where the code
// is (JavaScript beside this file in the published package, TypeScript under src/ in a checkout).
// Written without newer syntax, so that an old Node prints the message and not a syntax error.
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  var message =
    'spawn needs Node 24 or later; this is Node ' + process.versions.node + ' (' + process.execPath + ')'
  var hint =
    import.meta.url.indexOf('/node_modules/') < 0
      ? 'In a checkout, `npm ci` brings its own: use `npx spawn` or `npm start`.'
      : 'This project can have one of its own: `npm install --save-dev node@24`, then `npx spawn` again.'
  console.error(
    process.argv.indexOf('--json') < 0
      ? message + '.\n' + hint
      : JSON.stringify({ error: { code: 'CONFIG', message: message, hint: hint } }),
  )
  process.exitCode = 2
} else {
  var published = new URL('../lib/cli/main.js', import.meta.url)
  var checkout = new URL('../src/cli/main.ts', import.meta.url)
  // Compiled code is kept between runs, where the system keeps temporary files. Without it every start of a
  // checkout would strip the types again, which takes longer than everything else that a short command does.
  process.getBuiltinModule('node:module').enableCompileCache()
  // An import of node:fs would load the half of it that nobody needs here.
  import(process.getBuiltinModule('node:fs').existsSync(published) ? published.href : checkout.href)
}
