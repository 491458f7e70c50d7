/** How motivation shows in a student's habits; see docs/simulation.md for the calibration. */
export const PERSONA = {
  /** Correlation of motivation and the logarithm of the session rate. J. */
  motivationOnRate: 0.6,
} as const;
