/** What the place of the store means for its events, in words. No DOM. */

export interface VolumeWords {
  readonly text: string
  readonly warning?: string
}

/** @param mount what the store's file lies on; null when there is no file, or it cannot be told. */
export function volumeInWords(
  mount: { readonly point: string; readonly type: string; readonly is_own_volume: boolean } | null,
): VolumeWords | undefined {
  if (mount === null) return undefined
  if (mount.is_own_volume) return { text: `its own, ${mount.type} mounted at ${mount.point}` }
  return {
    text: `none of its own: on ${mount.point} (${mount.type})`,
    warning: 'In a container these events end with it, unless a volume is mounted there.',
  }
}
