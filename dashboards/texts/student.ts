import type { PanelTexts } from './types';

export const studentTexts = {
  title: 'Student',
  description: 'How is this student doing against their own past? There is no rank in the class here, on purpose.',
  panels: {
    seen: {
      title: 'When was the student here last?',
      description:
        'Last event of a day with lesson activity, in the time zone of the cohort, and the days with lesson activity among the last 14 days, live.',
      noData: 'Nothing of this student was received yet.',
      labels: { last_seen: 'last seen', active_days: 'active days of 14' },
    },
    weeks: {
      title: 'Is it more or less than usual for this student?',
      description:
        'Watch time per week, against the median of the complete weeks among the four before. The last week counts up to the last published day. ' +
        'A week of holidays is low for everybody: see the marks of the term calendar.',
      noData: 'No week of this range is published yet.',
      labels: { watched: 'watch time', usual: 'own median of 4 weeks' },
    },
    lessons: {
      title: 'Which lessons were started, and how far did they get?',
      description:
        'Lessons of the published days of the range, the most recent first. The furthest position is of any view in the range.',
      noData: 'The student started no lesson in this range.',
      labels: {
        lesson: 'Lesson',
        views: 'Views',
        completed: 'Completed',
        furthest: 'Furthest position',
        watched: 'Watch time',
        last_day: 'Last day',
        lesson_id: 'lesson id',
      },
    },
    calendar: {
      title: 'On which days does the student work?',
      description:
        'Minutes watched per day, one row per week. Empty fields are days that are not published, and days before the student was enrolled.',
      noData: 'No day of this range is published yet.',
      labels: { week: 'week of' },
    },
    rhythm: {
      title: 'At what time of day?',
      description:
        'Share of the active hours of the range, by local hour of the day. Late hours on school days may be worth a question.',
      noData: 'No activity in this range.',
      labels: { hour: 'hour', share: 'share of active hours' },
    },
    risk: {
      title: 'What did the at-risk rule say, and since when?',
      description:
        'Reasons of the daily snapshots in the range, with the first and the last day on which they held. A reason that ended is good news.',
      noData: 'No reason held on any day of this range.',
      labels: { reason: 'Reason', first_day: 'First day', last_day: 'Last day', days: 'Days' },
    },
    network: {
      title: 'Is it the network?',
      description:
        'Share of views that stalled for buffering, and seconds stalled per hour watched, in the range. High values speak for a weak connection.',
      noData: 'No view in this range.',
      labels: { buffered: 'views with buffering', stalled: 'stalled per hour watched' },
    },
  },
  yes: 'yes',
  no: 'not in this range',
} as const satisfies {
  title: string;
  description: string;
  panels: Record<string, PanelTexts>;
  yes: string;
  no: string;
};
