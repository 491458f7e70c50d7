import { errorText } from '../error-text';

/** The result of a proof is told before it is kept; an error says which of the two has failed. */
export async function kept(how: 'recorded' | 'published', keeping: Promise<void>): Promise<void> {
  try {
    await keeping;
  } catch (error) {
    throw new Error(`the result could not be ${how}: ${errorText(error)}`, { cause: error });
  }
}
