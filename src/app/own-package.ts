/** The package that this file belongs to: its version, and where its built dashboard is. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'

const packagePath = findPackageJSON(import.meta.url) ?? ''
const text = readFileSync(packagePath, 'utf8')

const own = JSON.parse(text) as { version: string; engines: { node: string } }

export const version = own.version
/** The oldest major version of Node that it is made for. */
export const oldestNode = Number.parseInt(own.engines.node.replace('>=', ''), 10)
export const pageFolder = join(dirname(packagePath), 'dist', 'web')
