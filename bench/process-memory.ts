/** How much memory a process has, as Linux tells. */
import { readFileSync } from 'node:fs'

export interface ProcessMemory {
  /** Resident now. */
  readonly rssBytes: number
  /** The most that was ever resident. */
  readonly peakBytes: number
}

/** @returns undefined on other systems. @throws Error when there is no such process. */
export function readProcessMemory(pid: number): ProcessMemory | undefined {
  if (process.platform !== 'linux') return undefined
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytesOf = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return { rssBytes: bytesOf('VmRSS'), peakBytes: bytesOf('VmHWM') }
}
