/** The words of a panel. */
export interface PanelTexts {
  /** The question that the panel answers. */
  readonly title: string;
  /** How the figure is defined, and what to do about it. */
  readonly description: string;
  /** What the panel says instead of a figure. */
  readonly noData: string;
  /** Label of each column of the query. */
  readonly labels: Readonly<Record<string, string>>;
}
