/** The suite on the command line: see README.md. */
import { readArguments, usage } from './arguments.ts';
import { chosen } from './catalogue.ts';
import { counts, jsonReport, list, markdown, resultLine, summary } from './report.ts';
import { type Result, Suite } from './suite.ts';

async function main(args: readonly string[]): Promise<number> {
  const command = readArguments(args);
  const { settings } = command;
  if (command.help) return print(usage);
  const tests = chosen(command.only);
  if (command.list) return print(command.markdown ? markdown(tests) : list(tests));
  const results: Result[] = [];
  await using suite = new Suite(settings);
  await suite.reach();
  for (const test of tests.filter(({ protocol }) => settings[protocol] !== undefined)) {
    const result = await suite.run(test);
    results.push(result);
    if (!command.json) print(resultLine(result));
  }
  print(command.json ? jsonReport(results) : `\n${summary(results)}`);
  const failed = results.filter(
    ({ test, outcome }) => outcome === 'failed' && counts(test.level, command.failOn),
  );
  return failed.length === 0 ? 0 : 1;
}

function print(text: string): number {
  console.log(text);
  return 0;
}

let code = 2;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
// libdatachannel's threads outlive its peers, and would keep the process.
process.exit(code);
