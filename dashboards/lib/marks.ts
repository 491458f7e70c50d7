/** Signs in front of a state in words, so that colour is never alone. */
export const GOOD_MARK = '✓';
export const WARNING_MARK = '⚠';
