/**
 * Whether a tag may be released: `node .ci/check-release.ts v1.2.3`. Prints what is missing, all of it, and ends with 1.
 *
 * Run by the release workflow before anything else, on a checkout without its packages: Node alone must do.
 */
import { readFileSync } from 'node:fs'

export interface Release {
  /** `v` and the version. */
  readonly tag: string
  /** The text of package.json. */
  readonly manifest: string
  /** The text of CHANGELOG.md. */
  readonly changelog: string
}

/** @returns what must be mended before the release; empty when nothing must. */
export function releaseFaults({ tag, manifest, changelog }: Release): string[] {
  const { version, repository } = JSON.parse(manifest) as { readonly version: string; readonly repository?: unknown }
  const faults: string[] = []
  if (tag !== `v${version}`) faults.push(`the tag is ${tag}, and package.json says ${version}`)
  const section = changelog.split(/^## /m).find((part) => /^\[?([^\]\s]+)/.exec(part)?.[1] === version)
  if (section === undefined) faults.push(`CHANGELOG.md has no section "## ${version}"`)
  else if (!/^- /m.test(section)) faults.push(`CHANGELOG.md says nothing under "## ${version}"`)
  if (repository === undefined) faults.push('package.json names no repository, which the provenance is compared with')
  return faults
}

if (import.meta.main) {
  const textOf = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const [tag = ''] = process.argv.slice(2)
  const faults = releaseFaults({ tag, manifest: textOf('package.json'), changelog: textOf('CHANGELOG.md') })
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}
