import { withStudents } from './settings';

export const settings = withStudents(400_000);
