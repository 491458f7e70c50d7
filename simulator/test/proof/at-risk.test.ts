import { assessClassroom, classMedian, completionPermille, type RiskInputs } from '../../src/proof/answers/at-risk';

const ordinary: RiskInputs = {
  inactiveSchoolDays: 0,
  sinceDay: null,
  recentWatchedSeconds: 10_000,
  recentSchoolDays: 10,
  earlierWatchedSeconds: 30_000,
  earlierSchoolDays: 30,
  views: 20,
  completions: 16,
};

/** Assesses one student in a class of ordinary ones. */
const assess = (inputs: Partial<RiskInputs>) =>
  assessClassroom([{ ...ordinary, ...inputs }, ordinary, ordinary, ordinary, ordinary])[0];

it('gives an ordinary student no points and no reason', () => {
  expect(assess({})).toEqual({
    score: 0,
    level: 0,
    completionPermille: 800,
    classCompletionPermille: 800,
    reasons: [],
  });
});

it.each([
  [0, 0, 0, []],
  [2, 10, 0, []],
  [3, 15, 1, []],
  [4, 20, 2, []],
  [6, 30, 2, []],
  [7, 35, 2, ['inactive']],
  [8, 40, 2, ['inactive']],
  [30, 40, 2, ['inactive']],
])('gives %i inactive school days %i points, level %i and the reasons %j', (days, score, level, reasons) => {
  expect(assess({ inactiveSchoolDays: days })).toMatchObject({ score, level, reasons });
});

it.each([
  [10_000, 0, []],
  [9_990, 0, []],
  [5_000, 12, []],
  [4_000, 15, []],
  [3_999, 15, ['watch_time_fell']],
  [0, 25, ['watch_time_fell']],
])('scores %i recent seconds against 1,000 a school day before with %i points, %j', (recent, score, reasons) => {
  expect(assess({ recentWatchedSeconds: recent })).toMatchObject({ score, reasons });
});

it('compares watch time per school day, so that a short fortnight is no decline', () => {
  expect(assess({ recentWatchedSeconds: 5_000, recentSchoolDays: 5 })).toMatchObject({ score: 0, reasons: [] });
});

it.each([
  ['few recent school days', { recentSchoolDays: 4 }],
  ['few earlier school days', { earlierSchoolDays: 7 }],
  ['little earlier watch time', { earlierWatchedSeconds: 1_799 }],
])('says nothing of a decline with %s', (_, inputs) => {
  expect(assess({ recentWatchedSeconds: 0, ...inputs })).toMatchObject({ score: 0, reasons: [] });
});

it.each([
  [16, 0, []],
  [12, 8, []],
  [8, 17, []],
  [7, 19, ['completion_low']],
  [0, 35, ['completion_low']],
])(
  'scores %i completions of 20 views in a class that completes 16 with %i points, %j',
  (completions, score, reasons) => {
    expect(assess({ completions })).toMatchObject({ score, reasons });
  },
);

it('lists the reasons in their order and reaches 100 points at most', () => {
  const worst = { inactiveSchoolDays: 40, recentWatchedSeconds: 0, completions: 0 };
  expect(assess(worst)).toMatchObject({
    score: 100,
    level: 2,
    reasons: ['inactive', 'watch_time_fell', 'completion_low'],
  });
});

it('calls a reason without enough points watch', () => {
  expect(assess({ recentWatchedSeconds: 3_999 })).toMatchObject({ score: 15, level: 1 });
});

it('has no completion below five views and counts completions of the day before at most fully', () => {
  expect(completionPermille({ ...ordinary, views: 4, completions: 4 })).toBeNull();
  expect(completionPermille({ ...ordinary, views: 5, completions: 6 })).toBe(1_000);
});

it('takes the nearest-rank median of a class, and none of fewer than five', () => {
  expect(classMedian([900, null, 100, 300, 200, 800])).toBe(300);
  expect(classMedian([6, 5, 4, 3, 2, 1])).toBe(3);
  expect(classMedian([900, 100, 300, 200, null])).toBeNull();
});

it('gives no points for completion in a class whose median is nothing', () => {
  const idle = { ...ordinary, completions: 0 };
  expect(assessClassroom([idle, idle, idle, idle, idle])[0]).toMatchObject({
    score: 0,
    completionPermille: 0,
    classCompletionPermille: 0,
  });
});
