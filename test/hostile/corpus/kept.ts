/** What is unusual and valid: kept, and returned byte for byte as it was sent. */

/** Texts of payloads. */
export const keptPayloads: readonly string[] = [
  '{}',
  '{ }',
  '{\n\t"a" : [ 1 , 2 ]\r\n}',
  '{"id":12345678901234567890}',
  '{"id":-9223372036854775808,"max":18446744073709551615}',
  '{"n":1e400,"m":-1E+400,"tiny":1e-400}',
  '{"zero":-0,"a":-0.0,"b":0e0,"c":0.10}',
  '{"n":1.0,"m":1.00,"o":1E2,"p":1e+2}',
  '{"pi":3.14159265358979323846264338327950288}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"a":1,"a":2,"A":3}',
  '{"__proto__":{"polluted":true},"constructor":1,"toString":null}',
  '{"topic":"inner","event_id":"inner","payload":{"payload":{}},"events":[]}',
  '{"s":"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"}',
  '{"s":"\\ud83d\\ude00 😀 é e\u0301 \u2028\u2029 \ufeff \ufffd"}',
  '{"lone":"\\ud800","nul":"\\u0000"}',
  '{"t\\u006fpic":"\\u0022}{\\u005c"}',
  '{"":"","}":"{","[\\"":"\\\\"}',
  '{"a":[[],{},[{}],null,true,false,"",0]}',
  `{"long":"${'漢'.repeat(100_000)}"}`,
]

export interface KeptName {
  readonly topic: string
  readonly eventId: string
  readonly source: string
}

/** Every two of them are two events. Line breaks must not end a line of server-sent events, of the log or of the metrics. */
export const keptNames: readonly KeptName[] = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'null',
    '0',
    '-0',
    ' ',
    '.',
    '..',
    '/',
    '%2f',
  ].map(sameName),
  // One looks like the other; the last has a character of four bytes.
  ...['caf\u00e9', 'cafe\u0301', 'Caf\u00e9', '\ufb01', 'fi', '\u212b', '\u00c5', '😀'.repeat(128)].map(sameName),
  ...['a\nb', 'a\r\nb', '\n', '\r', 'x\n\nid: 999\nevent: bye\ndata: {}\n\n', 'a\u2028b', 'a\u2029b', 'a\u0085b'].map(
    sameName,
  ),
  ...[
    '"',
    '\\',
    '\\n',
    'a"}\n# HELP sekali_forged x\nsekali_forged 1\n',
    '\t',
    '\u0001',
    '\u001b[2J',
    '\u007f',
    '\ufeff',
    '\uffff',
  ].map(sameName),
  ...[
    "'; drop table events; --",
    '<script>alert(1)</script>',
    '$(id)',
    '{{1}}',
    '%s%n',
    '*',
    '>',
    'a.>',
    '\u202egnp.exe',
  ].map(sameName),
  { topic: '漢'.repeat(255), eventId: '漢'.repeat(128), source: '😀'.repeat(255) },
]

function sameName(name: string): KeptName {
  return { topic: name, eventId: name, source: name }
}
