import type { PanelTexts } from './types';

export const cohortTexts = {
  title: 'Cohort comparison',
  description: 'Did the change we made help? Compare cohorts with themselves first: their calendars and zones differ.',
  panels: {
    active: {
      title: 'Are cohorts as active as before?',
      description:
        'Active students per school day as a share of the enrolled ones, by calendar week, for the first six cohorts by name. ' +
        'Holidays and breaks are not counted; the marks show the calendar of the chosen cohort.',
      noData: 'No school day in this range is published yet.',
      labels: { metric: 'cohort', value: 'active share' },
    },
    watch: {
      title: 'How long do active students watch?',
      description: 'Watch time per active student and school day, by calendar week, for the first six cohorts by name.',
      noData: 'No school day in this range is published yet.',
      labels: { metric: 'cohort', value: 'watch time' },
    },
    completion: {
      title: 'Which share of views is completed?',
      description:
        'Completed views per started view over the published days of the range, with the 95 % interval and the number of views. ' +
        'Cohorts differ by chance as far as their intervals overlap. A share beyond 5 or 95 % is drawn there, without an interval.',
      noData: 'No day in this range is published yet.',
      labels: { cohort: 'cohort', share: 'completed', low: 'interval, from', high: 'interval, to', views: 'views' },
    },
    funnel: {
      title: 'How far into the course do students get?',
      description:
        'First views of each lesson in course order, relative to the most viewed lesson of the segment, in the chosen cohort and range. ' +
        'A steep step marks the lesson after which students stay away.',
      noData: 'No day in this range is published yet.',
      labels: { sequence: 'lesson', school: 'school', university: 'university', evening: 'evening' },
    },
    enrolment: {
      title: 'Who joined and who left?',
      description:
        'Enrolments and withdrawals of the chosen cohort by calendar week; the last week counts up to the last published day. Counts of the whole cohort, so nobody can be recognised.',
      noData: 'No day in this range is published yet.',
      labels: { enrolments: 'enrolled', withdrawals: 'left' },
    },
    late: {
      title: 'How much arrives late?',
      description:
        'Share of events that were received more than 2 minutes after they happened, per published day, for the first six cohorts by name. ' +
        'Where it grows, expect restatements. The last three days still take late events, so their share rises until then.',
      noData: 'No day in this range is published yet.',
      labels: { metric: 'cohort', value: 'late events' },
    },
    term: {
      title: 'Is this term better than the last one?',
      description:
        'Active students per school day as a share of the enrolled ones, by week of the term, this term and the one before, in the chosen cohort. A term begins after a break, or where the data begins.',
      noData: 'No school day of a term is published yet.',
      labels: { week: 'week of term', this_term: 'this term', last_term: 'last term' },
    },
    quality: {
      title: 'Can I trust this range?',
      description:
        'Data quality checks of all runs of the days in the range for the chosen cohort: how often each ran, how often it failed, and how many rows were affected. ' +
        'What a failed check keeps from being published is not in any figure.',
      noData: 'No run in this range has been checked yet.',
      labels: { check_name: 'Check', runs: 'Runs', failed: 'Failed runs', rows: 'Rows affected' },
    },
  },
} as const satisfies { title: string; description: string; panels: Record<string, PanelTexts> };
