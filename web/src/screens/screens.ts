/** The screens by the first part of their address, in the order of the navigation. */
export const screens = [
  { name: 'overview', segment: '', title: 'Overview', key: 'o' },
  { name: 'events', segment: 'events', title: 'Events', key: 'e' },
  { name: 'duplicates', segment: 'duplicates', title: 'Duplicates', key: 'd' },
  { name: 'topics', segment: 'topics', title: 'Topics', key: 't' },
  { name: 'subscriptions', segment: 'subscriptions', title: 'Subscriptions', key: 's' },
  { name: 'system', segment: 'system', title: 'System', key: 'y' },
] as const

export type ScreenName = (typeof screens)[number]['name']
