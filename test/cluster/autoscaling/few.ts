import { withStudents } from './settings';

export const settings = withStudents(2_000);
