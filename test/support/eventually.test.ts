import { eventually } from './eventually';

const asked = (...answers: readonly unknown[]): (() => unknown) => {
  const left = [...answers];
  return () => {
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
};

it.each([0, '', null, 'an answer'])('%j is an answer; undefined, false and errors are none yet', async (answer) => {
  expect(await eventually('it', 5, asked(undefined, false, new Error('away'), answer), 0)).toBe(answer);
});

it('says what did not come, and the last error', async () => {
  const away = new Error('away');
  await expect(eventually('the server', 0.02, () => Promise.reject(away), 0.001)).rejects.toMatchObject({
    message: 'the server: not within 0.02 s (last: away)',
    cause: away,
  });
  await expect(eventually('the server', 0.02, asked(away), 0.001)).rejects.toThrow('(last: not yet)');
});
