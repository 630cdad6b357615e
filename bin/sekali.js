#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=1024
// Starts the command line: from the sources in a clone, from dist/ in the published package.
// The flag bounds the memory of short-lived objects; measured: half the default costs no speed.
import { existsSync } from 'node:fs'

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `sekali needs Node 24 or newer; this is ${process.version}. In a clone, npx sekali brings its own.\n`,
  )
  process.exit(1)
}
const source = new URL('../src/cli/main.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href)
