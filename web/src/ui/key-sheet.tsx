/** Which keys do something right now. */
import { boundKeys } from '../state/keys.ts'
import { Dialog } from './dialog.tsx'

const names: Readonly<Record<string, string>> = { ' ': 'Space', Escape: 'Esc', ArrowDown: '↓', ArrowUp: '↑' }

export function KeySheet({ onClose }: { readonly onClose: () => void }) {
  const groups = Map.groupBy(boundKeys.value, ({ group }) => group)
  return (
    <Dialog title="Keys" onClose={onClose}>
      <p class="quiet small">They are off while you type.</p>
      {[...groups].map(([group, bound]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl class="key-list">
            {bound
              .flatMap(({ bindings }) => bindings)
              .filter(({ label }) => label !== '')
              .map(({ keys, label }) => (
                <div key={keys}>
                  <dt>
                    {splitKeys(keys).map((key) => (
                      <kbd key={key}>{names[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}

function splitKeys(keys: string): string[] {
  return keys === ' ' ? [keys] : keys.split(' ')
}
