#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=8 --max-old-space-size=1024
// Starts the command line: from the sources in a clone, from dist/ in the published package.
// The flags bound what V8 leaves lying before it collects: half the default for short-lived objects costs no speed, and
// a heap that may not grow beyond 1 GiB is collected at a third of the size. More than a quarter of it was never alive.
// MALLOC_ARENA_MAX is glibc's: of its eight arenas, each keeps what its threads have freed; measured: 20 MiB under load.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `sekali needs Node 24 or newer; this is ${process.version}. In a clone, npx sekali brings its own.\n`,
  )
  process.exit(1)
}
const source = new URL('../src/cli/main.ts', import.meta.url)
const isClone = existsSync(source)
if (isClone) {
  // From the second start on, nobody strips types: that takes 50 MiB in four threads. Threads ask the environment.
  const { directory } = nodeModule.enableCompileCache(
    fileURLToPath(new URL('../node_modules/.cache/sekali', import.meta.url)),
  )
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory
}
await import(isClone ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href)
