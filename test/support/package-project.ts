/** An empty project of somebody who installs the package, and what they run there. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { afterTest } from './after-test.ts'
import { packageEnvironment, repository, runIn } from './packed-package.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface PackageProject {
  readonly folder: string
  /** Writes a file of the project. */
  write(name: string, text: string): void
  read(name: string): string
  /** Runs a command of the project to its end. @throws Error with its output when it fails. */
  run(command: string, args: readonly string[]): Promise<string>
}

/** @param packages to install, as npm takes them. */
export async function installPackage(t: TestContext, packages: readonly string[]): Promise<PackageProject> {
  const folder = temporaryFolder(t)
  const project: PackageProject = {
    folder,
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    run: (command, args) => runIn(folder, command, args),
  }
  project.write('package.json', '{ "private": true, "type": "module" }')
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--foreground-scripts']
  await project.run('npm', ['install', ...quiet, ...packages])
  return project
}

export interface TypeCheck {
  readonly compilerOptions: object
  readonly files: readonly string[]
  /** The package of the compiler: TypeScript 7 is `typescript`. */
  readonly compiler?: 'typescript' | 'typescript-6'
}

/**
 * Checks types as that project would.
 *
 * @returns the paths of all files whose types are needed for that.
 * @throws Error with what TypeScript says.
 */
export async function checkTypes(
  project: PackageProject,
  { compilerOptions: options, files, compiler = 'typescript' }: TypeCheck,
): Promise<readonly string[]> {
  const compilerOptions = {
    ...{ target: 'esnext', strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false },
    ...options,
  }
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
  const program = join(repository, 'node_modules', compiler, 'bin/tsc')
  return (await project.run(process.execPath, [program, '-p', 'tsconfig.json', '--listFiles'])).trim().split('\n')
}

export interface InstalledServer {
  readonly url: string
  /** As `kill -9` or a power cut of the process would end it. */
  kill(): Promise<void>
}

/** `npx sekali serve` on a free port; killed after the test if it still runs. */
export async function serveInstalled(
  t: TestContext,
  project: PackageProject,
  args: readonly string[],
): Promise<InstalledServer> {
  // A group of its own, since npx starts the server as a child of its own.
  const child = spawn('npx', ['--no-install', 'sekali', 'serve', '--port', '0', ...args], {
    ...{ cwd: project.folder, env: packageEnvironment(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  const ended = once(child, 'close')
  const kill = async () => {
    killGroup(child)
    await ended
  }
  afterTest(t, kill)
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const found = /http:\/\/[\d.:]+\d/.exec(text)
      if (found !== null) resolve(found[0])
    })
    ended.then(() => reject(new Error(`sekali serve ended: ${output}`)), reject)
  })
  return { url, kill }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (thrown) {
    // ESRCH: nothing of it is left, as it should be.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
