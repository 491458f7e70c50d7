import { z } from 'zod';
import { COHORTS } from './cohorts';
import { formatDay, isDay, parseDay, type Day } from './day';

/** What each scenario needs to be told, how many stream days it lasts by default, and what it does. Figures: docs/scenarios.md. */
export const SCENARIOS = {
  outage: { needs: [], days: 1, about: 'ingest or database stop for a while; the stream itself is unchanged' },
  'offline-morning': {
    needs: ['cohort'],
    days: 1,
    about: 'most tablets of a cohort are offline until 16:00 and then deliver at once',
  },
  'churn-wave': {
    needs: ['cohort'],
    days: 21,
    about: 'motivation in a cohort falls day by day, students leave five times as often',
  },
  'exam-week': { needs: [], days: 7, about: 'more sessions, more repeats, later in the evening' },
  'holiday-week': { needs: [], days: 7, about: 'holidays from Monday to Sunday: few sessions, none of them missed' },
  'term-start': {
    needs: [],
    days: 5,
    about: 'classrooms get 30 % more students, who begin with the first lesson; everybody comes more often',
  },
  'snow-day': { needs: ['cohort'], days: 1, about: 'schools of a cohort are closed: lessons all day long at home' },
  'slow-wifi': { needs: ['classroom'], days: 5, about: 'the network of one classroom is poor from 08:00 to 15:00' },
  'viral-lesson': {
    needs: ['lesson'],
    days: 3,
    about: 'everybody of a segment wants to see one lesson; half as many each day',
  },
} as const;

export type ScenarioName = keyof typeof SCENARIOS;
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as [ScenarioName, ...ScenarioName[]];

const date = z
  .string()
  .refine(isDay, { error: ({ input }) => `"${String(input)}" is not a date, expected YYYY-MM-DD` });

/** One overlay on the stream, from the stream day `start` to `end`, both included. */
export const scenarioSchema = z
  .strictObject({
    name: z.enum(SCENARIO_NAMES),
    start: date,
    end: date.optional(),
    /** Cohort number; all cohorts where it is not needed and not given. */
    cohort: z.number().int().min(1).max(COHORTS.length).optional(),
    classroom: z.number().int().min(1).optional(),
    lesson: z.number().int().min(1).optional(),
  })
  .superRefine((scenario, context) => {
    for (const key of SCENARIOS[scenario.name].needs)
      if (scenario[key] === undefined)
        context.addIssue({ code: 'custom', path: [key], message: `${scenario.name} needs a ${key}` });
    if (scenario.end !== undefined && scenario.end < scenario.start)
      context.addIssue({
        code: 'custom',
        path: ['end'],
        message: `${scenario.end} is before the start ${scenario.start}`,
      });
  })
  .transform((scenario) => ({
    ...scenario,
    end: scenario.end ?? formatDay(parseDay(scenario.start) + SCENARIOS[scenario.name].days - 1),
  }));

export type Scenario = z.output<typeof scenarioSchema>;

/**
 * A scenario as a command line gives it: the name, then settings after a colon, as in
 * `churn-wave:start=2026-03-02,cohort=2`. Without a start it begins on `firstDay`; it needs one where there is none. Throws with
 * all problems at once.
 */
export function parseScenario(text: string, firstDay?: Day): Scenario {
  const [name, settings = ''] = text.split(/:(.*)/s);
  const value: Record<string, unknown> = { name, start: firstDay === undefined ? undefined : formatDay(firstDay) };
  for (const setting of settings.split(',').filter((part) => part !== '')) {
    const [key, given = ''] = setting.split(/=(.*)/s);
    value[key] = key === 'start' || key === 'end' ? given : Number(given);
  }
  const result = scenarioSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    if (path[0] === 'start' && value.start === undefined) return 'start: is needed here, as in start=2026-03-02';
    return path.length > 0 ? `${path.join('.')}: ${message}` : message;
  });
  throw new Error(`scenario "${text}" cannot be used: ${problems.join('; ')}; known are ${SCENARIO_NAMES.join(', ')}`);
}
