import { containerRules } from './rules/containers';
import { labelRules } from './rules/labels';
import { networkRules } from './rules/network';
import { referenceRules } from './rules/references';
import { secretRules } from './rules/secrets';
import { ENVIRONMENTS, platformObjects } from './support/objects';

const RULES = [...containerRules, ...labelRules, ...networkRules, ...referenceRules, ...secretRules];

describe.each(ENVIRONMENTS)('%s', (environment) => {
  const objects = platformObjects(environment);

  test.each(RULES.map((rule) => [rule.title, rule] as const))('%s', (_, rule) => {
    expect(rule.check(objects)).toEqual([]);
  });

  test.each(RULES.map((rule) => [rule.title, rule] as const))('is found out when it no longer %s', (_, rule) => {
    expect(rule.check(rule.broken(platformObjects(environment)))).toEqual(
      expect.arrayContaining([expect.stringContaining(rule.finds)]),
    );
  });
});
