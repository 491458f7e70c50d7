import { withStudents } from './settings';

export const settings = withStudents(100_000);
