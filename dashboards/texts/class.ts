import type { PanelTexts } from './types';

export const classTexts = {
  title: 'Class overview',
  description: 'Is my class working today, as usual, and where do I look next?',
  panels: {
    active: {
      title: 'How many of my students are active?',
      description:
        'Distinct students with an event of a lesson session: in the last 5 minutes, and since the start of the school day that the range ends in. ' +
        'If far fewer than usual are active, look at the network panel first.',
      noData: 'No classroom is chosen.',
      labels: { active_now: 'now', active_today: 'today', enrolled: 'enrolled' },
    },
    usual: {
      title: 'Is the class working as usual?',
      description:
        'Active students per hour today, against the median of the same weekday in the last 4 weeks; the band reaches from the least to the most of them. ' +
        'Holidays and breaks are not compared. The last hour is under way and still grows; an earlier one below the band is worth a question to the class.',
      noData: 'There is no school day at the end of this range.',
      labels: { low: 'usual, least', high: 'usual, most', usual: 'usual (median)', today: 'today' },
    },
    watch: {
      title: 'How long do my students watch in a day?',
      description:
        'Watch time of the active students on the last published day: the median, and the two values between which the middle half lies. ' +
        'A low first quarter with a good median means that a few students fall behind: see "days active".',
      noData: 'No published day in this range had an active student.',
      labels: { p25: 'first quarter', p50: 'median', p75: 'third quarter', day: 'day' },
    },
    completions: {
      title: 'What got finished today?',
      description: 'Lessons completed and views started since the start of the school day, live.',
      noData: 'No classroom is chosen.',
      labels: { completions: 'completed', views: 'started' },
    },
    rhythm: {
      title: 'When does the class work?',
      description:
        'Average number of active students by weekday and local hour over the last 4 weeks of published days. Plan live help for the full hours.',
      noData: 'No day of this class is published yet.',
      labels: { weekday: 'weekday' },
    },
    lessons: {
      title: 'Which lessons are in progress, and which ones stall?',
      description:
        'Lessons that students of this class started in the last 14 published days: how many started, how many of them completed. ' +
        'The widest gap comes first; open a lesson to see where in it students stop.',
      noData: 'No lesson was started in the last 14 published days.',
      labels: {
        lesson: 'Lesson',
        started: 'Started',
        completed: 'Completed',
        share: 'Completed, % (95 % interval)',
        watch_minutes: 'Watch time',
        lesson_id: 'lesson id',
      },
    },
    days: {
      title: 'On how many of 14 days was each student active?',
      description:
        'Students of the class by the number of days with lesson activity among the last 14 published days. Students at 0 or 1 are the ones to write to first.',
      noData: 'No day of this class is published yet.',
      labels: { days: 'active days', students: 'students' },
    },
    attention: {
      title: 'Who needs a word from me?',
      description:
        'Students of the class who are at risk, or worth watching, in the last daily snapshot. Open the list for names and reasons.',
      noData: 'No risk snapshot exists yet: the first one follows the first published day.',
      labels: { at_risk: 'at risk', watch: 'watch', assessed: 'assessed', day: 'day' },
    },
    network: {
      title: 'Is it the network?',
      description:
        'Share of views that stalled for buffering, per published day. A jump on one day is the network or the devices, not the lessons.',
      noData: 'No published day in the last 14 days had a view.',
      labels: { buffered: 'views with buffering' },
    },
  },
} as const satisfies { title: string; description: string; panels: Record<string, PanelTexts> };
