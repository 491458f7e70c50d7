import { SEGMENTS } from './cohorts';
import { StreamConfigError, type StreamVersion } from './config';
import { Stream } from './stream';

/**
 * Checks that the lessons and classrooms that the last version's scenarios name are in its catalogue. For a version that is about to be
 * written only: one that stands in a database has made its events already.
 * @throws StreamConfigError with every number that does not exist
 */
export function checkTargets(versions: readonly StreamVersion[]): void {
  const { scenarios } = versions[versions.length - 1].config;
  const aimed = scenarios.filter(({ lesson, classroom }) => lesson !== undefined || classroom !== undefined);
  // The students of a large stream take seconds to draw.
  if (aimed.length === 0) return;
  const stream = new Stream(versions);
  const lessons = new Set(stream.lessons.map(({ lessonId }) => lessonId));
  const classrooms = stream.classrooms().length;
  const problems = aimed.flatMap(({ name, start, lesson, classroom }) => [
    ...(lesson === undefined || lessons.has(lesson)
      ? []
      : [`${name} of ${start}: lesson ${lesson} does not exist, allowed are ${lessonNumbers(stream)}`]),
    ...(classroom === undefined || classroom <= classrooms
      ? []
      : [`${name} of ${start}: classroom ${classroom} does not exist, allowed are 1 to ${classrooms}`]),
  ]);
  if (problems.length > 0) throw new StreamConfigError(problems);
}

function lessonNumbers({ lessons }: Stream): string {
  return SEGMENTS.map((segment) => {
    const numbers = lessons.filter((lesson) => lesson.segment === segment).map(({ lessonId }) => lessonId);
    return `${numbers[0]} to ${numbers[numbers.length - 1]} (${segment})`;
  }).join(', ');
}
