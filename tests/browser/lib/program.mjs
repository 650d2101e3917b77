// The real program: started on free ports, deaf to the environment of whoever runs the tests.
import { spawn, execFile } from 'node:child_process';
import { promisify } from 'node:util';

const program = process.env.WECOM_BRIDGE_PROGRAM;
if (!program) throw new Error('WECOM_BRIDGE_PROGRAM names the program to test');

const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WECOM_BRIDGE_') && name !== 'CREDENTIALS_DIRECTORY'));
const children = new Set();
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

/** Runs a command to its end; answers what it printed. `codes` are the exit codes that are fine. */
export async function run(args, codes = [0], input) {
  const running = promisify(execFile)(program, ['--lang', 'en', ...args], { env: environment, maxBuffer: 64 << 20 });
  if (input !== undefined) running.child.stdin.end(input);
  try {
    return (await running).stdout;
  } catch (error) {
    if (codes.includes(error.code)) return error.stdout;
    throw new Error(`wecom-bridge ${args.join(' ')} ended with ${error.code}:\n${error.stdout}\n${error.stderr}`);
  }
}

/** A program that goes on: started, and ready when each of the patterns was said. */
export async function start(args, patterns) {
  const child = spawn(program, ['--lang', 'en', ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let said = '';
  const ended = new Promise((resolve) => child.once('exit', (code) => { children.delete(child); resolve(code); }));
  const found = new Promise((resolve, reject) => {
    const hear = (text) => {
      said += text;
      const all = patterns.map((pattern) => said.match(pattern)?.[1]);
      if (all.every((one) => one !== undefined)) resolve(all);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    ended.then((code) => reject(new Error(`wecom-bridge ${args.join(' ')} ended with ${code} before it was ready:\n${said}`)));
  });
  return {
    found: await found,
    said: () => said,
    /** Asks it to stop, and answers its exit code. */
    stop: async () => { child.kill('SIGTERM'); return ended; },
    kill: async () => { child.kill('SIGKILL'); return ended; },
  };
}
