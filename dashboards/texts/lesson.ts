import type { PanelTexts } from './types';

const position = 'Position is measured in steps of 5 % of the length.';

export const lessonTexts = {
  title: 'Lesson effectiveness',
  description: 'Which lesson loses students, and where in it?',
  panels: {
    need: {
      title: 'Which lessons need work first?',
      description:
        'Lessons of the cohort with views in the published days of the range; the lowest completion, seen from the upper end of its interval, comes first. ' +
        'Open a lesson for its drop-off. Shares that rest on too few students are not shown.',
      noData: 'No day in this range is published yet.',
      labels: {
        lesson: 'Lesson',
        segment: 'Segment',
        completion: 'Completed views, % (95 % interval)',
        views: 'Views',
        students: 'Students, at least',
        length: 'Length',
        stalled: 'Stalled per view',
        lesson_id: 'lesson id',
      },
    },
    completion: {
      title: 'Did the share of completed views change?',
      description:
        'Completed views per started view of the chosen lesson, per published day. A view that crosses midnight starts on one day and completes on the next. ' +
        'Look for a lasting step after a change of the lesson, not for single days.',
      noData: 'No day in this range had enough students for this lesson.',
      labels: { completion: 'completed' },
    },
    dropOff: {
      title: 'Where in the lesson do students stop?',
      description:
        `Share of first views that reached each position, and of repeat views that covered it. ${position} ` +
        'A step down marks the place to shorten or to break up; a hump of repeat views marks what students come back for; they are shown if enough students repeated the lesson.',
      noData: 'Fewer than the required number of students viewed this lesson in the range.',
      labels: { position: 'position', first: 'first views', repeats: 'repeat views' },
    },
    pauses: {
      title: 'Where do they pause and go back?',
      description: `Pauses and seeks backwards per 100 views, by position. ${position} A peak is a place that is hard to follow or worth noting down.`,
      noData: 'Fewer than the required number of students viewed this lesson in the range.',
      labels: { position: 'position', pauses: 'pauses', seeks_back: 'seeks back' },
    },
    length: {
      title: 'Are longer lessons watched less far?',
      description:
        'Watched share of the length, over all lessons of the cohort in that length class: watch time divided by views times length. ' +
        'Content watched again within a view counts again, so the share can exceed 100 %.',
      noData: 'No day in this range is published yet.',
      labels: { bucket: 'length in minutes', watched: 'watched share' },
    },
    time: {
      title: 'How long does it take to complete?',
      description:
        'Time from start to completion within a view on the last published day with enough students: median, and the two values between which the middle half lies.',
      noData: 'No day in this range had enough completed views of this lesson.',
      labels: { p25: 'first quarter', p50: 'median', p75: 'third quarter', day: 'day' },
    },
    repeats: {
      title: 'How much of it is watched again?',
      description:
        'Repeat views as a share of all views of the chosen lesson in the range. Many repeats before an exam are normal.',
      noData: 'Fewer than the required number of students viewed this lesson in the range.',
      labels: { repeats: 'repeat views', views: 'views' },
    },
    devices: {
      title: 'Does the device matter?',
      description:
        'Share of views that were abandoned, by the device on which the view started. Parts with too few views are hidden, and so is the part that would give them away.',
      noData: 'Too few views of this lesson in the range.',
      labels: { device: 'device', abandoned: 'abandoned' },
    },
    compared: {
      title: 'Is it better or worse than lessons of like length?',
      description:
        'Completion of the chosen lesson less the completion of all other lessons of its segment whose length is within 25 %, in percentage points, with the number of lessons compared.',
      noData: 'Too few students, or no other lesson of like length, in the range.',
      labels: { difference: 'difference', lessons: 'lessons compared' },
    },
  },
  lengths: ['< 3', '3–6', '6–10', '10–15', '≥ 15'],
  devices: { desktop: 'desktop', tablet: 'tablet', mobile: 'mobile' },
} as const satisfies {
  title: string;
  description: string;
  panels: Record<string, PanelTexts>;
  lengths: readonly string[];
  devices: Record<string, string>;
};
