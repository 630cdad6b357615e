/** Is the server well, where does it keep its events, and with which settings does it run. */
import './system.css'
import type { ComponentChildren } from 'preact'
import type { SystemAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { bytes, count } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { duration } from '../../state/time.ts'
import { Card } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { Time } from '../../ui/time.tsx'
import { ConfigTable } from './config-table.tsx'
import { Health } from './health.tsx'
import { volumeInWords } from './volume.ts'

const everyMs = 5000

export function System() {
  const system = useResource('system', (signal) => getJson<SystemAnswer>('system', {}, signal), { everyMs })
  const { found, error } = system
  return (
    <Screen title="System" actions={<Links />}>
      {error !== undefined && <ErrorNote what="The state of the server" error={error} onRetry={system.reload} />}
      {found === undefined ? error === undefined && <Loading /> : <Parts {...found} />}
    </Screen>
  )
}

function Links() {
  return (
    <span class="system-links">
      <a href={hrefTo(['metrics'])} data-outside>
        Metrics
      </a>
      <a href={hrefTo(['docs'])} data-outside>
        API
      </a>
      <a href={hrefTo(['openapi.json'])} data-outside>
        OpenAPI
      </a>
    </span>
  )
}

function Parts(system: SystemAnswer) {
  const { store } = system
  const volume = volumeInWords(store.mount)
  return (
    <>
      <Health status={system.status} health={system.health} />
      <div class="system-columns">
        <Card title="Store">
          <dl class="facts">
            <Fact name="Engine">{store.engine}</Fact>
            <Fact name="Location">
              {store.location === null ? (
                'memory: the events end with the process'
              ) : (
                <>
                  <code class="system-path">{store.location}</code> <CopyButton label="Copy" text={store.location} />
                </>
              )}
            </Fact>
            {volume !== undefined && (
              <Fact name="Volume">
                {volume.text}
                {volume.warning !== undefined && <p class="quiet small">{volume.warning}</p>}
              </Fact>
            )}
            {store.bytes !== null && <Fact name="Size">{bytes(store.bytes)}</Fact>}
            {store.free_bytes !== null && <Fact name="Free disk">{bytes(store.free_bytes)}</Fact>}
            {store.last_seq !== null && <Fact name="Last seq">{count(store.last_seq)}</Fact>}
          </dl>
        </Card>
        <Card title="Process">
          <dl class="facts">
            <Fact name="Version">
              Sekali {system.version}, Node {system.node.replace(/^v/, '')}
            </Fact>
            <Fact name="Started">
              <Time at={system.started_at} />, {duration(system.uptime_seconds * 1000)} ago
            </Fact>
            <Fact name="Process id">{system.pid}</Fact>
            <Fact name="Memory">
              {bytes(system.process.rss_bytes)} <span class="quiet">(heap {bytes(system.process.heap_bytes)})</span>
            </Fact>
            <Fact name="Event loop p99">{system.process.event_loop_p99_ms.toFixed(1)} ms</Fact>
          </dl>
        </Card>
      </div>
      <ConfigTable config={system.config} />
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}
