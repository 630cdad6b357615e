/**
 * Writes the reference of the package's entries, one Markdown page each, from the docstrings: `npm run docs`.
 *
 * TypeDoc reads the sources with a TypeScript of its own, `typescript-6`: the one that checks the code, 7, has no interface
 * for programs. `overrides` in package.json tells npm that this is well so. Lines and paths of the sources are left out, so
 * that a page changes only with what it says.
 */
import { readFileSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'typescript' ? 'typescript-6' : specifier, context),
})
// After the hook, which must be there when TypeDoc looks for its compiler.
const { Application } = await import('typedoc')

const root = fileURLToPath(new URL('..', import.meta.url))

/** The sources of the entries of package.json; the name of a page is the `@module` of its source. */
function entrySources(): string[] {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types: string }>>
  }
  return Object.values(exports).map(({ types }) => types.replace('./dist/', root).replace(/\.d\.ts$/, '.ts'))
}

/** Of the plugin, whose options TypeDoc's types do not know. */
const markdownOptions = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  flattenOutputFiles: true,
  useCodeBlocks: true,
  entryFileName: 'README',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  hideGroupHeadings: true,
}

/** @throws Error when something has no docstring, one refers to what is not there, or a type of a page is on none. */
export async function writeReference(folder: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entrySources(),
    sortEntryPoints: false,
    tsconfig: `${root}tsconfig.json`,
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    router: 'module',
    readme: 'none',
    disableSources: true,
    disableGit: true,
    excludePrivate: true,
    skipErrorChecking: true,
    logLevel: 'Warn',
    validation: { notExported: true, invalidLink: true, notDocumented: true },
    requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable'],
    cleanOutputDir: false,
    excludeExternals: true,
    sort: ['source-order'],
    ...markdownOptions,
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the sources')
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('the reference has gaps; see above')
}

if (import.meta.main) {
  const folder = `${root}docs/reference`
  rmSync(folder, { recursive: true, force: true })
  await writeReference(folder)
}
