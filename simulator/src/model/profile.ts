import { faker } from '@faker-js/faker/locale/en';
import { mix32, Purpose } from '../random';

export interface Profile {
  readonly displayName: string;
  /** At students.example.org; the student number in it makes it unique. */
  readonly email: string;
}

/** A student's name and address: the same for the same seed and number, whoever asks and when. */
export function profileOf(seed: number, studentId: number): Profile {
  faker.seed([mix32(seed ^ Purpose.persona), studentId]);
  const first = faker.person.firstName();
  const last = faker.person.lastName();
  const local = `${first}.${last}`.toLowerCase().replace(/[^a-z.]/g, '');
  return { displayName: `${first} ${last}`, email: `${local}.${studentId}@students.example.org` };
}
