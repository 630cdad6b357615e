/**
 * One option of the running server, as it is shown to people. In a file of its own: the package's types lead here, and whoever
 * embeds the server shall not need the types of the HTTP framework.
 */
export interface ConfigValue {
  readonly name: string
  readonly value: string
  readonly origin: 'flag' | 'environment' | 'file' | 'default' | 'program'
}
