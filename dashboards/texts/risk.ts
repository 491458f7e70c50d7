import type { PanelTexts } from './types';

export const riskTexts = {
  title: 'At-risk students',
  description: 'Who needs a word from me, and why?',
  panels: {
    list: {
      title: 'Who should I talk to first?',
      description:
        'Students of the class with a sign in the last daily snapshot, by need for action. The points add inactivity (up to 40), decline of watch time (25) and ' +
        'completion against the class (35); from 20 points on the level is "at risk", from 12 on "watch". The trend compares minutes a week in the last 14 days with the up to six weeks before. A sign is a reason to ask, not a judgement.',
      noData: 'No student of this class shows a sign in the last snapshot.',
      labels: {
        student: 'Student',
        level: 'Level',
        score: 'Points',
        reasons: 'Reasons',
        since: 'Inactive since',
        last_seen: 'Last seen',
        trend: 'Watch time a week, earlier → last 2 weeks',
        student_id: 'student id',
      },
    },
    change: {
      title: 'What changed in a week?',
      description:
        'Students who are at risk in the last snapshot and were not 7 days before, and the other way round; who left in between is in neither. Resolved students are worth a word of praise.',
      noData: 'There are no two snapshots 7 days apart yet.',
      labels: { appeared: 'new', resolved: 'resolved' },
    },
    reasons: {
      title: 'Which reasons are the most frequent?',
      description: 'Students of the class with each reason in the last snapshot; a student can have several.',
      noData: 'No student of this class has a reason in the last snapshot.',
      labels: { reason: 'reason', students: 'students' },
    },
    trend: {
      title: 'Is it getting better?',
      description: 'Students of the class per level and daily snapshot.',
      noData: 'No snapshot in this range.',
      labels: { at_risk: 'at risk', watch: 'watch' },
    },
    quality: {
      title: 'How good is the rule in this cohort?',
      description:
        'Against what became of the simulated students, over the last 28 snapshots. Precision: of those named at risk, how many were. Recall: of those who were, how many were named. ' +
        'Base rate: how many were at all. Known only because the data is simulated.',
      noData:
        'No outcome of a snapshot is known yet: the command answer-key --publish of the simulator stores them. npm start runs it when it ends.',
      labels: { precision: 'precision', recall: 'recall', base_rate: 'base rate' },
    },
    excluded: {
      title: 'Who is not assessed?',
      description:
        'Enrolled students without an assessment (enrolled for less than 7 days), and assessed ones for whom a part of the rule has too little data: no level of watch time yet, or fewer than 5 views.',
      noData: 'No snapshot exists yet.',
      labels: {
        excluded: 'not assessed',
        no_trend: 'no watch time level yet',
        no_completion: 'too few views',
        day: 'snapshot of',
      },
    },
  },
  smallSigns: 'small signs in watch time or completion',
  oneDay: 'not seen for 1 school day',
  notSeenFor: 'not seen for',
  schoolDays: 'school days',
  noEarlier: 'new',
  advice: {
    title: 'What can I do?',
    description: 'First steps that cost little.',
    body: [
      '1. **Ask before you conclude.** Illness, a lost device and a full week look the same in numbers.',
      '2. **Not seen for 7 school days**: a personal message the same day; ask what would make the next lesson possible.',
      '3. **Watches less than usual**: look at the student page for when it began, and what happened then.',
      '4. **Completes less than the class**: offer a shorter lesson, or help with the one that was abandoned most.',
      '5. **Many students at once**: look at the network panel of the class overview before you write to anybody.',
    ].join('\n'),
  },
} as const satisfies {
  title: string;
  description: string;
  panels: Record<string, PanelTexts>;
  smallSigns: string;
  oneDay: string;
  notSeenFor: string;
  schoolDays: string;
  noEarlier: string;
  advice: { title: string; description: string; body: string };
};
