// A business system: posts over the API with a key of its own, and hears decisions at an endpoint of its own, which trusts a
// telling only with the right signature, at the right time, and once.
import crypto from 'node:crypto';
import http from 'node:http';

/** Whether a telling is genuine, as docs/messages.md says. */
export function isGenuine(secret, headers, body, nowS = Date.now() / 1000) {
  const [id, at, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name] ?? '');
  if (!(Math.abs(nowS - Number(at)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const want = Buffer.from(`v1,${crypto.createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`);
  return given.split(' ').map((one) => Buffer.from(one)).some((one) => one.length === want.length && crypto.timingSafeEqual(one, want));
}

export class Hook {
  /** Listens on a free port; `told` holds every request as it came. */
  static async open() {
    const hook = new Hook();
    hook.told = [];
    hook.waiting = [];
    hook.server = http.createServer((request, answer) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () => {
        hook.told.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
        answer.end();
        hook.waiting.splice(0).forEach((wake) => wake());
      });
    });
    await new Promise((resolve) => hook.server.listen(0, '127.0.0.1', resolve));
    hook.url = `http://127.0.0.1:${hook.server.address().port}/wecom`;
    return hook;
  }

  /** Returns when something was told. */
  async hears() { while (!this.told.length) await new Promise((resolve) => { this.waiting.push(resolve); }); }

  close() { this.server.closeAllConnections(); return new Promise((resolve) => this.server.close(resolve)); }
}

/** The API as somebody with every right; answers what came, and throws where it is refused. */
export async function api(world) {
  const { key } = JSON.parse(await world.run(['key', 'create', '--name', 'business', '--scope', 'all', '--json']));
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
    const answer = await fetch(`${world.base}/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
}
