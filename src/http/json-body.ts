/** Small JSON bodies, by their schemas: read within bounds, refused with every field at fault. Nothing is coerced. */
import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { AppError, type FieldError } from '../core/errors.ts'
import { ByteBudget } from './byte-budget.ts'
import { maxBodySilenceMs } from './connections.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { scanFields } from './json-scanner.ts'
import { checkJson, decodeUtf8 } from './json-text.ts'
import { unsupportedMediaType } from './problem.ts'
import { type BodyLimits, withBody } from './read-body.ts'

export const jsonMediaType = 'application/json'

/** Room for as many leases as one request may name; saying what is wrong with 4 MiB of it held all others up for 0.7 s. */
const maxBodyBytes = 1024 * 1024
/** All bodies that are being read, or one body if that is larger. */
const bodyBudgetBytes = 16 * 1024 * 1024
const maxFaults = 20

const limits: BodyLimits = {
  maxBytes: maxBodyBytes,
  budget: new ByteBudget({ capacityBytes: bodyBudgetBytes, refusal: 'too many bodies are waiting; try again' }),
  maxSilenceMs: maxBodySilenceMs,
}

export interface JsonBody<S extends TSchema> {
  readonly schema: S
  /**
   * Reads the body of a request; none at all is an empty object.
   *
   * @throws AppError as `withBody`, `unsupported_media_type`, `invalid_json`, or `invalid_body` naming the fields at fault.
   */
  read(request: FastifyRequest): Promise<Static<S>>
}

export function jsonBody<S extends TSchema>(schema: S): JsonBody<S> {
  const validator: Validator = Compile(schema)
  return {
    schema,
    async read(request) {
      const value = await readValue(request)
      if (validator.Check(value)) return value as Static<S>
      throw invalidBody(validator.Errors(value).flatMap((fault) => faultsOf(fault as Fault, schema)))
    },
  }
}

/** What is found wrong beyond the schema. */
export function invalidBody(errors: readonly FieldError[]): AppError {
  // A field that has none of its forms is wrong in each of them: said once.
  const isWithin = ({ pointer }: FieldError, outer: FieldError) =>
    outer.message.startsWith(noneOf) && (pointer === outer.pointer || pointer.startsWith(`${outer.pointer}/`))
  const kept = errors.filter((error) => !errors.some((outer) => outer !== error && isWithin(error, outer)))
  const [first] = kept
  const more = kept.length > 1 ? ` (and ${kept.length - 1} more)` : ''
  const detail = `${first?.pointer || 'the body'} ${first?.message}${more}`
  return new AppError('invalid_body', detail, { errors: kept.slice(0, maxFaults) })
}

async function readValue(request: FastifyRequest): Promise<unknown> {
  const type = request.headers['content-type']
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) throw unsupportedMediaType(jsonMediaType)
  const received = new GrowingBytes()
  await withBody(request.raw, limits, (body) => body.forEachChunk((chunk) => received.add(chunk)))
  if (received.length === 0) return {}
  return received.use(parseFields)
}

function parseFields(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes)
  checkJson(bytes)
  scanFields(text)
  return JSON.parse(text)
}

interface Fault {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message: string
}

const noneOf = 'must be one of: '
const typeNames: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  object: 'an object',
  array: 'an array',
  boolean: 'true or false',
}

function faultsOf(
  { keyword, schemaPath, instancePath: pointer, params, message }: Fault,
  schema: TSchema,
): FieldError[] {
  switch (keyword) {
    case 'required':
      return (params.requiredProperties as string[]).map((name) => ({
        pointer: `${pointer}/${name}`,
        message: 'is missing',
      }))
    case 'boolean':
      return [{ pointer, message: 'is not a known field' }]
    // The one above names each of them.
    case 'additionalProperties':
      return []
    case 'type':
      return [{ pointer, message: `must be ${typeNames[String(params.type)] ?? `a ${params.type}`}` }]
    case 'enum':
      return [{ pointer, message: `must be one of ${(params.allowedValues as string[]).join(', ')}` }]
    case 'anyOf':
      return [{ pointer, message: noneOf + descriptionAt(schema, schemaPath) }]
    default:
      return [{ pointer, message }]
  }
}

/** The forms of a field are its description in the API document. */
function descriptionAt(schema: TSchema, schemaPath: string): string {
  let at: unknown = schema
  for (const key of schemaPath.split('/').slice(1)) at = (at as Record<string, unknown> | undefined)?.[key]
  return (at as { description?: string } | undefined)?.description ?? 'its forms'
}
