/** Words that all dashboards share. */
export const common = {
  simulated: 'Simulated data: no real student is shown.',
  variables: {
    cohort: 'Cohort',
    classroom: 'Classroom',
    lesson: 'Lesson',
    student: 'Student',
  },
  annotations: { calendar: 'Term calendar', restatements: 'Restatements' },
  calendar: { holiday: 'Holiday', exam: 'Exam day', break: 'Break', termStart: 'Term starts' },
  restated: 'Restated on',
  weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  reasons: {
    inactive: 'not seen for 7 or more school days',
    watch_time_fell: 'watches less than 40 % of own earlier level',
    completion_low: 'completes less than half of the class median',
  },
  levels: { 0: 'no sign', 1: 'watch', 2: 'at risk' },
  links: {
    class: 'Class overview',
    lesson: 'Lesson effectiveness',
    student: 'Student',
    risk: 'At-risk students',
    cohort: 'Cohort comparison',
  },
  banner: {
    title: 'Can I trust these numbers, and how fresh are they?',
    description:
      'Live figures reach to the oldest watermark of the ingest. Daily figures are complete days of the cohort, published after their checks. ' +
      'A day is restated when devices that were offline deliver late.',
    noData: 'No cohort is chosen.',
    labels: { live: 'Live data', daily: 'Daily data', restated: 'Restated days in range', kind: 'Source' },
    reason:
      '⚠ stands where live data is more than 2 minutes behind, or where a day of the range, or the newest one, is not published 7 hours after its end.',
    noLive: 'nothing received yet',
    liveTo: 'to',
    behind: 'behind',
    noDaily: 'no day published yet',
    dailyTo: 'to',
    publishedAt: 'published',
    late: 'the next day is late',
    missing: 'days of the range not published:',
    none: 'none',
    simulated: 'simulated',
  },
  help: {
    title: 'What do these words mean?',
    description: 'Definitions of the terms on this page.',
    body: [
      '- **Active**: at least one event of a lesson session in the period.',
      '- **View**: one start of a lesson in a session. The first of a student is a *first view*, any other a *repeat view*.',
      '- **Completed**: 95 % of the length was reached. **Abandoned**: the view ended without it.',
      '- **Watch time**: seconds of content played, whatever the speed.',
      '- **Day**: the calendar day of the cohort, in its time zone. Daily figures are published after midnight and checked.',
      '- **Interval in brackets**: 95 % Wilson interval, shown below 100 trials. It says how far chance alone may move the share.',
    ].join('\n'),
    whom: 'Something looks wrong? Tell your platform team the panel, the classroom and the time range.',
  },
} as const;
