/** The version of the package that this file belongs to. */
import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

export const version = String((JSON.parse(text) as { version: string }).version)
