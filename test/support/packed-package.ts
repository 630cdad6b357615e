/** The package as it would be published: built and packed from a copy of the sources, so that nobody's dist/ is touched. */
import { execFile } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface PackedFile {
  readonly path: string
  readonly size: number
}

export interface PackedPackage {
  /** Of the tarball. */
  readonly path: string
  readonly packedBytes: number
  readonly unpackedBytes: number
  readonly files: readonly PackedFile[]
}

const run = promisify(execFile)

/**
 * What npm reads of its surroundings, without what the `npm test` around these tests has put there for its own package;
 * whatever is started runs on the Node of the tests.
 */
export function packageEnvironment(): NodeJS.ProcessEnv {
  const kept = ['npm_config_registry', 'npm_config_cache', 'npm_config_userconfig', 'npm_config_globalconfig']
  const env = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.includes(name.toLowerCase()))
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
  // A test runner that is started there reports as it is told to, not to this one.
  const { NODE_TEST_CONTEXT: _, ...others } = Object.fromEntries(env)
  return { ...others, NODE_OPTIONS: '', PATH: path }
}

/** Runs a command to its end. @throws Error with its output when it fails. */
export async function runIn(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const options = { cwd, env: packageEnvironment(), maxBuffer: 64 * 1024 * 1024 }
  try {
    return (await run(command, [...args], options)).stdout
  } catch (thrown) {
    const { stdout, stderr } = thrown as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: thrown })
  }
}

/** Whatever a work tree has besides its files. */
const notCopied = new Set(['.git', 'node_modules', 'dist', 'data'])

export async function packPackage(t: TestContext): Promise<PackedPackage> {
  const folder = temporaryFolder(t)
  const copy = join(folder, 'copy')
  cpSync(repository, copy, {
    recursive: true,
    filter: (source) => !notCopied.has(source.slice(repository.length).split('/')[0] ?? ''),
  })
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'))
  const report = await runIn(copy, 'npm', ['pack', '--json', '--loglevel', 'error', '--pack-destination', folder])
  // The scripts before it print what they do, too.
  const [packed] = JSON.parse(report.slice(report.search(/^\[$/m))) as {
    readonly filename: string
    readonly size: number
    readonly unpackedSize: number
    readonly files: readonly PackedFile[]
  }[]
  if (packed === undefined) throw new Error(`npm pack says nothing of a package: ${report}`)
  const { filename, size, unpackedSize, files } = packed
  return { path: join(folder, filename), packedBytes: size, unpackedBytes: unpackedSize, files }
}
