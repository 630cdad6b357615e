import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mountOf } from '../../src/app/mounts.ts'

const mountinfo = [
  '21 27 0:20 / /proc rw,nosuid - proc proc rw',
  '27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard',
  '30 27 254:16 / /data rw,relatime - xfs /dev/vdb rw',
  '31 27 0:40 / /data/with\\040space\\134 rw - tmpfs tmpfs rw',
  '32 27 0:41 / /mnt/twice rw - ext4 /dev/a rw',
  '33 32 0:42 / /mnt/twice rw - btrfs /dev/b rw',
  '',
].join('\n')

for (const [path, point, type] of [
  ['/home/x/sekali.db', '/', 'ext4'],
  ['/', '/', 'ext4'],
  ['/data', '/data', 'xfs'],
  ['/data/sekali.db', '/data', 'xfs'],
  ['/database/sekali.db', '/', 'ext4'],
  ['/data/with space\\/sekali.db', '/data/with space\\', 'tmpfs'],
  ['/mnt/twice/sekali.db', '/mnt/twice', 'btrfs'],
] as const) {
  test(`${path} is on ${point}`, () => assert.deepEqual(mountOf(path, mountinfo), { point, type }))
}

test('a table that holds no such mount, or is none, says nothing', () => {
  assert.equal(mountOf('/data', ''), undefined)
  assert.equal(mountOf('/data', '21 27 0:20 / /proc rw - proc proc rw\n'), undefined)
  assert.equal(mountOf('/data', '27 1 254:0 / / rw,relatime'), undefined)
})

test('no text makes the parser throw', () => {
  const field = fc.constantFrom('-', '/', '/a', '\\', '\\04', '\\040', '1', ' ', '\n', '')
  const text = fc.oneof(
    fc.string(),
    fc.array(field).map((fields) => fields.join(' ')),
  )
  fc.assert(fc.property(fc.string(), text, (path, table) => void mountOf(path, table)))
})
