/** The version of the package that this file belongs to. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

const text = readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8')

export const version = String((JSON.parse(text) as { version: string }).version)
