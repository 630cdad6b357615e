/** Builds the shim that makes a disk slow or suspends a process at a sync; see disk-shim.c. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./disk-shim.c', import.meta.url))

export interface DiskShim {
  /** The environment of a server on such a disk. */
  env(settings: { readonly delayUs?: number; readonly suspendAt?: string }): Record<string, string>
}

/** @param folder where the library is put. @throws Error when there is no C compiler. */
export function buildDiskShim(folder: string): DiskShim {
  const library = join(folder, 'disk-shim.so')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  return {
    env: ({ delayUs, suspendAt }) => ({
      LD_PRELOAD: library,
      ...(delayUs !== undefined && { SEKALI_DISK_DELAY_US: String(delayUs) }),
      ...(suspendAt !== undefined && { SEKALI_SUSPEND_AT: suspendAt }),
    }),
  }
}
