import type { Faker } from '@faker-js/faker';
import type { SegmentName } from './cohorts';

/** Lessons of a course. */
export const COURSE_LESSONS = 24;
/** Courses that an average student gets through in a term. */
export const TERM_COURSES = 5;

interface Subject {
  readonly name: string;
  /** A title for one lesson; draws from the seeded faker only. */
  readonly title: (faker: Faker) => string;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const about = (name: string, forms: readonly string[], topic: (faker: Faker) => string): Subject => ({
  name,
  title: (faker) => capital(faker.helpers.arrayElement(forms).replace('%', topic(faker))),
});

/** Subjects taught in each segment, a course each. */
export const SUBJECTS: Readonly<Record<SegmentName, readonly Subject[]>> = {
  school: [
    about('Geography', ['The rivers of %', 'People and places: %', 'Map work: %'], (f) => f.location.country()),
    about('Chemistry', ['The element %', 'Compounds of %', 'Experiments with %'], (f) =>
      f.science.chemicalElement().name.toLowerCase(),
    ),
    about('Biology', ['Life of the %', 'Habitats: the %', 'How a % moves'], (f) => f.animal.type()),
    about('Literature', ['Reading “%”', 'Characters of “%”', 'Themes of “%”'], (f) => f.book.title()),
    about('Music', ['What makes %', 'Rhythm of %', 'Listening to %'], (f) => f.music.genre().toLowerCase()),
    about('Mathematics', ['Fractions with % parts', 'Word problems about % apples', 'Tables up to %'], (f) =>
      String(f.number.int({ min: 3, max: 99 })),
    ),
  ],
  university: [
    about('Physics', ['Measuring the %', 'Derivation of the %', 'Units: the %'], (f) => f.science.unit().name),
    about('Computer science', ['How to % an interface', 'Why systems %', 'Algorithms that %'], (f) => f.hacker.verb()),
    about('Economics', ['The market for %', 'Pricing of %', 'Trade in %'], (f) =>
      f.commerce.productName().toLowerCase(),
    ),
    about('World literature', ['“%”: context', '“%”: close reading', '“%”: reception'], (f) => f.book.title()),
    about('Materials', ['% under load', 'Surfaces of %', 'Alloys and %'], (f) =>
      f.commerce.productMaterial().toLowerCase(),
    ),
  ],
  evening: [
    about('Business English', ['Small talk: %', 'Writing about %', 'Presenting %'], (f) => f.company.buzzPhrase()),
    about('Accounting', ['Booking % sales', 'Closing the % account', 'Costs in %'], (f) =>
      f.commerce.department().toLowerCase(),
    ),
    about('Cooking', ['%: preparation', '%: seasoning', '%: serving'], (f) => f.food.dish()),
    about('Project work', ['The % meeting', 'Planning as a %', 'Roles: the %'], (f) =>
      f.person.jobType().toLowerCase(),
    ),
    about('Car care', ['Servicing a %', 'Reading the manual: %', 'Brakes of a %'], (f) => f.vehicle.model()),
  ],
};
