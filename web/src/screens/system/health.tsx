/** The server's health by name: what is well, and why what is not, is not. */
import type { SystemAnswer } from '../../../../src/http/wire-types.ts'
import { Card } from '../../ui/card.tsx'

export function Health({ status, health }: Pick<SystemAnswer, 'status' | 'health'>) {
  const isReady = status === 'ready'
  return (
    <Card
      title="Health"
      edge
      actions={
        <span class={isReady ? 'quiet small' : 'alert-text small'}>
          {isReady ? 'Ready: requests are taken' : 'Not ready: requests are turned away'}
        </span>
      }
    >
      <table class="table">
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Part</th>
            <th scope="col">State</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {health.map(({ name, ok, reason }) => (
            <tr key={name}>
              <th scope="row" class="health-name">
                {name}
              </th>
              <td>
                <span class={ok ? 'dot good' : 'dot alert'} /> {ok ? 'OK' : 'Not OK'}
              </td>
              <td class="health-reason">{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
