// The WeCom side, looked at and disturbed through the sandbox's control interface.
export const CORPID = 'ww0123456789abcdef';

export class Sandbox {
  constructor(base) { this.base = base; }

  async ask(method, path, body) {
    const answer = await fetch(`${this.base}/_sandbox/${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Departments and members as WeCom has them. */
  async corp() {
    const { corps } = await this.ask('GET', 'state');
    return corps.find((corp) => corp.corpid === CORPID);
  }

  /** Members by userid. */
  async members() { return new Map((await this.corp()).members.map((member) => [member.userid, member])); }

  /** Names of the departments, sorted. */
  async departments() { return (await this.corp()).departments.map((department) => department.name).sort(); }

  fault(fault) { return this.ask('POST', 'faults', fault); }
  heal() { return this.ask('DELETE', 'faults'); }
}
