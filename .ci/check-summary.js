// Checks the JSON summary of a local run: node .ci/check-summary.js FILE
const assert = require('node:assert');
const { readFileSync } = require('node:fs');

const summary = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify({ ...summary, days: summary.days.length, database_url: undefined }, null, 2));
const { verify, answer_key: key, days } = summary;
assert.ok(summary.events > 10_000, `events: ${summary.events}`);
assert.strictEqual(verify.compared, summary.events, 'verify compares every row');
assert.deepStrictEqual([verify.lost, verify.extra, verify.changed, verify.unproven], [0, 0, 0, 0]);
assert.ok(days.length > 0, 'published days');
assert.strictEqual(key.different, 0);
assert.ok(key.compared >= 100 * days.length, `answer key compared ${key.compared} for ${days.length} days`);
for (const table of [
  'student_lesson_day',
  'lesson_day',
  'lesson_dropoff',
  'classroom_day',
  'cohort_day',
  'total_day',
]) {
  assert.ok(key.tables[table].compared > 0, `answer key compared no row of ${table}`);
}
assert.strictEqual(summary.replicas.length, 2);
for (const replica of summary.replicas) {
  assert.ok(replica.batches > 0, `${replica.name} committed nothing`);
  assert.ok(replica.shards >= 16, `${replica.name} holds ${replica.shards} of 64 shards`);
}
console.log('the summary holds');
