// Run with `node --test`. Tests the scheduler against a fake ECS that keeps its services in a map.
import assert from "node:assert/strict";
import test from "node:test";

import { TAG, client, savedCount, run } from "./index.mjs";

const quiet = () => {};
const named = (name, message = "refused") => Object.assign(new Error(message), { name });

class Ecs {
  constructor(counts, { page = 100 } = {}) {
    this.services = new Map();
    this.page = page;
    this.calls = [];
    this.failures = new Map();
    for (const [name, desiredCount] of Object.entries(counts)) {
      const serviceArn = `arn:aws:ecs:ap-northeast-1:123456789012:service/team/${name}`;
      this.services.set(name, { serviceName: name, serviceArn, status: "ACTIVE", desiredCount, tags: [] });
    }
  }

  counts() {
    return Object.fromEntries([...this.services].map(([name, service]) => [name, service.desiredCount]));
  }

  async listServices({ nextToken = "0" }) {
    const all = [...this.services.values()].map((service) => service.serviceArn);
    const from = Number(nextToken);
    const to = from + this.page;
    return { serviceArns: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined };
  }

  async describeServices({ services, include }) {
    assert.ok(services.length <= 10, "ECS accepts at most ten services per call");
    assert.deepEqual(include, ["TAGS"]);
    const known = services.filter((name) => this.services.has(name));
    return { services: known.map((name) => structuredClone(this.services.get(name))) };
  }

  async tagResource({ resourceArn, tags }) {
    const service = [...this.services.values()].find((each) => each.serviceArn === resourceArn);
    for (const tag of tags) service.tags = [...service.tags.filter((each) => each.key !== tag.key), tag];
    this.calls.push(["tag", service.serviceName]);
  }

  async untagResource({ resourceArn, tagKeys }) {
    const service = [...this.services.values()].find((each) => each.serviceArn === resourceArn);
    service.tags = service.tags.filter((each) => !tagKeys.includes(each.key));
    this.calls.push(["untag", service.serviceName]);
  }

  async updateService({ service, desiredCount }) {
    if (this.services.get(service).schedulingStrategy === "DAEMON") throw named("InvalidParameterException", "DAEMON has no count");
    if (this.failures.has(service)) throw this.failures.get(service);
    this.services.get(service).desiredCount = desiredCount;
    this.calls.push(["update", service]);
  }
}

test("stop saves the counts and start restores them", async () => {
  const ecs = new Ecs({ web: 3, api: 1 });
  await run({ action: "stop" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 0, api: 0 });
  assert.equal(ecs.services.get("web").tags.find((tag) => tag.key === TAG).value, "3");
  const result = await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 3, api: 1 });
  assert.deepEqual(result.changed, [{ service: "api", from: 0, to: 1 }, { service: "web", from: 0, to: 3 }]);
});

test("the count is saved before the service is stopped", async () => {
  const ecs = new Ecs({ web: 2 });
  await run({ action: "stop" }, "team", ecs, quiet);
  assert.deepEqual(ecs.calls, [["tag", "web"], ["update", "web"]]);
});

test("a second stop keeps the saved count", async () => {
  const ecs = new Ecs({ web: 3 });
  await run({ action: "stop" }, "team", ecs, quiet);
  const again = await run({ action: "stop" }, "team", ecs, quiet);
  assert.deepEqual(again.unchanged, ["web"]);
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 3 });
});

test("start does not change running services", async () => {
  const ecs = new Ecs({ web: 5 });
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 5 });
  assert.deepEqual(ecs.calls, []);
});

test("a missing service does not affect the others", async () => {
  const ecs = new Ecs({ web: 2, api: 1 });
  const result = await run({ action: "stop", services: ["deleted-long-ago", "web", "api"] }, "team", ecs, quiet);
  assert.deepEqual(result.gone, ["deleted-long-ago"]);
  assert.deepEqual(ecs.counts(), { web: 0, api: 0 });
});

test("a draining service, or one deleted during the run, does not affect the others", async () => {
  const ecs = new Ecs({ api: 1, old: 1, web: 2 });
  ecs.failures.set("api", named("ServiceNotFoundException"));
  ecs.services.get("old").status = "DRAINING";
  const result = await run({ action: "stop" }, "team", ecs, quiet);
  assert.deepEqual(result.gone, ["api", "old"]);
  assert.equal(ecs.counts().web, 0);
});

test("other failures are reported after all services are processed", async () => {
  const ecs = new Ecs({ api: 1, web: 2 });
  ecs.failures.set("api", named("AccessDeniedException", "not you"));
  await assert.rejects(run({ action: "stop" }, "team", ecs, quiet), /stop failed for api \(AccessDeniedException: not you\)/);
  assert.equal(ecs.counts().web, 0);
});

test("only the named services are changed", async () => {
  const ecs = new Ecs({ api: 1, web: 2 });
  await run({ action: "stop", services: ["web"] }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { api: 1, web: 0 });
});

test("services beyond one page of the list and one batch of descriptions are processed", async () => {
  const ecs = new Ecs(Object.fromEntries(Array.from({ length: 23 }, (_, n) => [`s${n}`, n + 1])), { page: 7 });
  const before = ecs.counts();
  const result = await run({ action: "stop" }, "team", ecs, quiet);
  assert.equal(result.changed.length, 23);
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), before);
});

test("an invalid payload is rejected before any request", async () => {
  for (const event of [undefined, {}, { action: "restart" }, { action: "toString" }]) {
    await assert.rejects(run(event, "team", {}, quiet), /action is "start" or "stop"/);
  }
  await assert.rejects(run({ action: "stop" }, "", {}, quiet), /CLUSTER/);
  await assert.rejects(run({ action: "stop", services: "web" }, "team", {}, quiet), /list of names/);
});

test("a service that was at 0 stays at 0 and the others are restored", async () => {
  const ecs = new Ecs({ batch: 0, web: 2 });
  await run({ action: "stop" }, "team", ecs, quiet);
  await run({ action: "stop" }, "team", ecs, quiet);
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { batch: 0, web: 2 });
});

test("a saved count is used only once", async () => {
  const ecs = new Ecs({ web: 3 });
  await run({ action: "stop" }, "team", ecs, quiet);
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.services.get("web").tags, []);
  ecs.services.get("web").desiredCount = 0; // stopped by hand during the day
  await run({ action: "stop" }, "team", ecs, quiet);
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 0 });
});

test("a service started by hand at night keeps its count and loses the saved one", async () => {
  const ecs = new Ecs({ web: 3 });
  await run({ action: "stop" }, "team", ecs, quiet);
  ecs.services.get("web").desiredCount = 1;
  const result = await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(result.unchanged, ["web"]);
  assert.deepEqual(ecs.counts(), { web: 1 });
  assert.deepEqual(ecs.services.get("web").tags, []);
});

test("a DAEMON service is skipped", async () => {
  const ecs = new Ecs({ agent: 2, web: 2 });
  ecs.services.get("agent").schedulingStrategy = "DAEMON";
  for (const action of ["stop", "start"]) {
    const result = await run({ action }, "team", ecs, quiet);
    assert.deepEqual(result.skipped, ["agent"]);
  }
  assert.deepEqual(ecs.counts(), { agent: 2, web: 2 });
  assert.deepEqual(ecs.services.get("agent").tags, []);
});

test("a stopped service without a saved count is started with one task", async () => {
  const ecs = new Ecs({ web: 0 });
  await run({ action: "start" }, "team", ecs, quiet);
  assert.deepEqual(ecs.counts(), { web: 1 });
});

test("an unreadable count starts one task", () => {
  const counted = (value) => savedCount({ tags: value === undefined ? undefined : [{ key: TAG, value }] });
  assert.deepEqual([undefined, "", "0", "-1", "two", "99999", "4"].map(counted), [null, 1, 0, 1, 1, 1, 4]);
});

test("the client sends the SDK's commands", async () => {
  const sdk = {};
  for (const name of ["ListServices", "DescribeServices", "UpdateService", "TagResource", "UntagResource"]) {
    sdk[`${name}Command`] = class {
      constructor(input) {
        Object.assign(this, { name, input });
      }
    };
  }
  const sent = client({ send: async (command) => [command.name, command.input] }, sdk);
  assert.deepEqual(await sent.listServices({ a: 1 }), ["ListServices", { a: 1 }]);
  assert.deepEqual(await sent.describeServices({ a: 2 }), ["DescribeServices", { a: 2 }]);
  assert.deepEqual(await sent.updateService({ a: 3 }), ["UpdateService", { a: 3 }]);
  assert.deepEqual(await sent.tagResource({ a: 4 }), ["TagResource", { a: 4 }]);
  assert.deepEqual(await sent.untagResource({ a: 5 }), ["UntagResource", { a: 5 }]);
});
