/** The package that this file belongs to: its version, and where its built dashboard is. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

const packagePath = findPackageJSON(import.meta.url) ?? ''
const text = readFileSync(packagePath, 'utf8')

export const version = String((JSON.parse(text) as { version: string }).version)
export const pageFolder = join(dirname(packagePath), 'dist', 'web')
