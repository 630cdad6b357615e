/** Builds the shim that makes a disk slow or suspends a process at a sync; see disk-shim.c. */
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./disk-shim.c', import.meta.url))

export const suspendingSteps = ['write', 'sync', 'checkpoint'] as const
export type SuspendingStep = (typeof suspendingSteps)[number]

export interface DiskShim {
  /** The environment of a server on such a disk. */
  env(settings?: { readonly delayUs: number }): Record<string, string>
  /** Suspends the server at its next commit, before its first write or its sync; or before the sync of a checkpoint. */
  suspendBefore(step: SuspendingStep): void
  /** What was asked for and has not happened, does not happen any more. */
  withdraw(): void
}

/** @param folder where the library is put. @throws Error when there is no C compiler. */
export function buildDiskShim(folder: string): DiskShim {
  const library = join(folder, 'disk-shim.so')
  const request = join(folder, 'suspend')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  return {
    env: ({ delayUs } = { delayUs: 0 }) => ({
      LD_PRELOAD: library,
      SEKALI_DISK_DELAY_US: String(delayUs),
      SEKALI_SUSPEND_AT: request,
    }),
    suspendBefore: (step) => writeFileSync(`${request}.${step}`, ''),
    withdraw() {
      for (const step of suspendingSteps) rmSync(`${request}.${step}`, { force: true })
    },
  }
}
