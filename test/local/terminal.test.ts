import { Terminal } from '../../local/terminal';

/** A terminal of so many columns, as far as redrawing needs one. */
class Screen {
  readonly isTTY = true;
  readonly rows: string[] = [''];
  private row = 0;

  constructor(readonly columns: number) {}

  write(text: string): void {
    for (const character of text) {
      if (character === '\n' || this.rows[this.row].length === this.columns) this.rows[++this.row] = '';
      if (character !== '\n') this.rows[this.row] += character;
    }
  }

  moveCursor(_: number, rows: number): void {
    this.row += rows;
  }

  cursorTo(): void {}

  clearScreenDown(): void {
    this.rows.splice(this.row, Infinity, '');
  }
}

const terminalOn = (screen: object): Terminal => new Terminal(screen as NodeJS.WriteStream);

test.each([80, 20])('a terminal of %i columns shows what was drawn last, each line in one row', (columns) => {
  const screen = new Screen(columns);
  const terminal = terminalOn(screen);
  terminal.line('before');
  for (const draw of ['first', 'second', 'third']) terminal.redraw([draw, `long ${'lesson '.repeat(20)}`, 'end']);
  expect(screen.rows).toEqual([
    'before',
    'third',
    `${`long ${'lesson '.repeat(20)}`.slice(0, columns - 2)}…`,
    'end',
    '',
  ]);
});

test.each([
  ['as long as the row but one', 79, 80],
  ['in a terminal that says 0 columns', 200, 0],
  ['in a terminal that does not know its width', 200, undefined],
])('a line is whole %s', (_, length, columns) => {
  const written: string[] = [];
  const stream = { isTTY: true, columns, write: (text: string) => written.push(text) };
  terminalOn({ ...stream, cursorTo: () => true, clearScreenDown: () => true }).redraw(['x'.repeat(length)]);
  expect(written).toEqual([`${'x'.repeat(length)}\n`]);
});

test('what is no terminal gets whole lines', () => {
  const written: string[] = [];
  terminalOn({ isTTY: false, write: (text: string) => written.push(text) }).redraw(['x'.repeat(200), 'y']);
  expect(written).toEqual([`${'x'.repeat(200)}\ny\n`]);
});
