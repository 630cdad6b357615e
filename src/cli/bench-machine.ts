/** The machine that a benchmark ran on: figures without it say little. */
import { arch, cpus, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly cpus: number
  readonly model: string
  readonly memoryBytes: number
  readonly platform: string
}

export function thisMachine(): Machine {
  const all = cpus()
  return {
    cpus: all.length,
    model: all[0]?.model.trim() ?? 'unknown CPU',
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
  }
}

export function machineText({ cpus, model, memoryBytes }: Machine): string {
  return `${cpus} × ${model}, ${Math.round(memoryBytes / 2 ** 30)} GiB`
}
