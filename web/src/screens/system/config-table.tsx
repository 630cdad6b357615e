/** The settings in force, and where each was set; secrets never leave the server. */
import type { SystemAnswer } from '../../../../src/http/wire-types.ts'
import { Card } from '../../ui/card.tsx'

const origins: Readonly<Record<string, string>> = {
  flag: 'flag',
  environment: 'environment',
  file: 'config file',
  default: 'default',
  program: 'the program that started it',
}

export function ConfigTable({ config }: Pick<SystemAnswer, 'config'>) {
  return (
    <Card title="Configuration in force" edge>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="table-scroll" tabIndex={0} aria-label="Configuration">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">Set by</th>
            </tr>
          </thead>
          <tbody>
            {config.map(({ name, value, origin }) => (
              <tr key={name}>
                <th scope="row" class="mono">
                  --{name}
                </th>
                <td class="mono config-value">{value}</td>
                <td class={origin === 'default' ? 'quiet' : undefined}>{origins[origin] ?? origin}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  )
}
