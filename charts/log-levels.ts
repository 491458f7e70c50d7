/** How programs write their level in plain text, in the order in which they are tried. Group 1 is the word. */
const LEVEL_PATTERNS = [
  // logfmt: level=info
  '(?:^|\\s)(?:level|lvl)="?(?P<level>[A-Za-z]+)',
  // PostgreSQL behind its prefix: … client=10.0.0.1 ERROR:  text
  '^\\d{4}-\\d\\d-\\d\\d [\\d:.]+ \\w+ \\[\\d+\\] .*?(?P<level>PANIC|FATAL|ERROR|WARNING|NOTICE|LOG|INFO|DEBUG\\d?): ',
  // pgBackRest: 2026-01-05 07:00:00.123 P00  ERROR: [103]: text
  '^\\d{4}-\\d\\d-\\d\\d [\\d:.]+ P\\d\\d +(?P<level>[A-Z]+): ',
  // Patroni and Python's logging: 2026-01-05 07:00:00,123 INFO: text
  '^\\d{4}-\\d\\d-\\d\\d[T ][\\d:.,+Z-]+ (?P<level>[A-Z]+)(?::| )',
  // Airflow: 2026-01-05T07:00:00.123456Z [info     ] text
  '^\\S+ \\[(?P<level>[a-z]+) *\\] ',
  // Tasks of Airflow: [2026-01-05T07:00:00.123+0000] {file.py:12} INFO - text
  '^\\[[^\\]]+\\] \\{[^}]+\\} (?P<level>[A-Z]+) - ',
  // uvicorn: INFO:     text
  '^(?P<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL): ',
  // klog: E0105 07:00:00.123456
  '^(?P<level>[IWEF])\\d{4} [\\d:.]+ ',
] as const;

/** Words of one meaning; `error` is everything that somebody should look at. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  error: ['error', 'err', 'e', 'fatal', 'f', 'panic', 'critical', 'crit', 'alert', 'emerg', 'dpanic'],
  warn: ['warn', 'warning', 'w'],
  info: ['info', 'i', 'log', 'notice', 'information'],
  debug: ['debug', 'trace', 'debug1', 'debug2', 'debug3', 'debug4', 'debug5'],
};

const CACHED = 'log.cache["level"]';

/** What makes two errors different and is not their kind: numbers, ids, addresses, quoted values. */
const PARTICULARS = [
  ['[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}', '#'],
  ["'[^']{1,80}'", "'…'"],
  ['\\"[^\\"]{1,80}\\"', '\\"…\\"'],
  ['0x[0-9a-f]+', '#'],
  ['[0-9]+', '#'],
] as const;

/**
 * Statements for the transform processor: `level` of each entry, and for errors `error`, their text without particulars, and
 * `fingerprint`, its hash: by it the same error is counted over days.
 */
export function levelStatements(): object[] {
  const json = 'IsMatch(log.body, "^\\\\s*\\\\{")';
  const text = (pattern: string): string =>
    `merge_maps(log.cache, ExtractPatterns(log.body, ${JSON.stringify(pattern)}), "upsert") where ${CACHED} == nil and IsMatch(log.body, ${JSON.stringify(pattern)})`;
  return [
    {
      context: 'log',
      statements: [
        `merge_maps(log.cache, ParseJSON(log.body), "upsert") where ${json}`,
        `set(${CACHED}, log.cache["severity"]) where ${CACHED} == nil and log.cache["severity"] != nil`,
        ...LEVEL_PATTERNS.map(text),
        `set(${CACHED}, "info") where ${CACHED} == nil`,
        `set(${CACHED}, ToLowerCase(String(${CACHED})))`,
        'set(log.attributes["level"], "info")',
        ...Object.entries(LEVELS).map(
          ([level, words]) =>
            `set(log.attributes["level"], "${level}") where IsMatch(${CACHED}, "^(${words.join('|')})$")`,
        ),
      ],
    },
    {
      context: 'log',
      conditions: ['log.attributes["level"] == "error"'],
      statements: [
        `merge_maps(log.cache, ParseJSON(log.body), "upsert") where ${json}`,
        'set(log.cache["text"], log.cache["msg"]) where log.cache["msg"] != nil',
        'set(log.cache["text"], log.cache["message"]) where log.cache["text"] == nil and log.cache["message"] != nil',
        'merge_maps(log.cache, ExtractPatterns(log.body, "msg=\\"?(?P<text>[^\\"\\n]{1,300})"), "upsert") where log.cache["text"] == nil and not IsMatch(log.body, "^\\\\s*\\\\{")',
        'merge_maps(log.cache, ExtractPatterns(log.body, "^(?:.*?(?:ERROR|FATAL|PANIC|CRITICAL|\\\\[error *\\\\]):? *|E[0-9: .]+)?(?P<text>[^\\\\n]{1,300})"), "upsert") where log.cache["text"] == nil',
        ...PARTICULARS.map(([pattern, by]) => `replace_pattern(log.cache["text"], "${pattern}", "${by}")`),
        'set(log.attributes["error"], Substring(log.cache["text"], 0, 120)) where Len(log.cache["text"]) > 120',
        'set(log.attributes["error"], log.cache["text"]) where log.attributes["error"] == nil and log.cache["text"] != nil',
        'set(log.attributes["fingerprint"], Substring(SHA1(log.attributes["error"]), 0, 12)) where log.attributes["error"] != nil',
      ],
    },
  ];
}
