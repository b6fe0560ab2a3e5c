// Stops the services of one cluster and starts them again, for environments that nobody needs at night.
//
// The payload is {"action": "start" | "stop"}, optionally with "services": ["name", …]; without it, every
// service of the cluster. `stop` writes the count a service had into its tag cockpit:desired-count and sets
// it to 0; `start` sets it back and takes the tag away. A service that was at 0 is remembered so, and stays there. A DAEMON
// service has no count to change and is skipped. The cockpit does the same by itself where there is no function, so the
// tag is a convention of both.
//
// One service that is gone or refuses does not stop the others: they are done first, and then the call fails
// with what went wrong, so that Lambda tries twice more and the alarm on errors sees it.

export const TAG = "cockpit:desired-count";

const ACTIONS = { start, stop };

export async function handler(event) {
  // Comes with the runtime; loaded here so that tests need none.
  const sdk = await import("@aws-sdk/client-ecs");
  return run(event, process.env.CLUSTER, client(new sdk.ECSClient({}), sdk));
}

// The five calls that are made, and what makes them testable: any object with these functions will do.
export function client(ecs, sdk) {
  return {
    listServices: (input) => ecs.send(new sdk.ListServicesCommand(input)),
    describeServices: (input) => ecs.send(new sdk.DescribeServicesCommand(input)),
    updateService: (input) => ecs.send(new sdk.UpdateServiceCommand(input)),
    tagResource: (input) => ecs.send(new sdk.TagResourceCommand(input)),
    untagResource: (input) => ecs.send(new sdk.UntagResourceCommand(input)),
  };
}

export async function run(event, cluster, ecs, log = console.log) {
  const act = Object.hasOwn(ACTIONS, event?.action) ? ACTIONS[event.action] : null;
  if (!act) throw new Error(`action is "start" or "stop", not ${JSON.stringify(event?.action)}`);
  if (!cluster) throw new Error("the variable CLUSTER names no cluster");

  const names = event.services ?? (await allServices(cluster, ecs));
  if (!Array.isArray(names)) throw new Error("services is a list of names");
  const result = { action: event.action, cluster, changed: [], unchanged: [], skipped: [], gone: [], failed: [] };

  for (const { name, service } of await describe(cluster, names, ecs)) {
    if (!service || service.status !== "ACTIVE") {
      result.gone.push(name);
      continue;
    }
    if (service.schedulingStrategy === "DAEMON") {
      result.skipped.push(name);
      continue;
    }
    try {
      const change = await act(cluster, service, ecs);
      (change ? result.changed : result.unchanged).push(change ? { service: name, ...change } : name);
    } catch (error) {
      // Deleted between the question and the change.
      if (["ServiceNotFoundException", "ServiceNotActiveException"].includes(error.name)) result.gone.push(name);
      else result.failed.push({ service: name, error: `${error.name}: ${error.message}` });
    }
  }

  log(JSON.stringify(result));
  if (result.failed.length > 0) {
    throw new Error(`${event.action} failed for ${result.failed.map((each) => `${each.service} (${each.error})`).join(", ")}`);
  }
  return result;
}

async function stop(cluster, service, ecs) {
  // Already stopped by this: the count that is remembered is the one to go back to, not 0.
  if (service.desiredCount === 0 && remembered(service) !== null) return null;
  await ecs.tagResource({ resourceArn: service.serviceArn, tags: [{ key: TAG, value: String(service.desiredCount) }] });
  // At 0 before: remembered as that, and nothing else is to do.
  if (service.desiredCount === 0) return null;
  await ecs.updateService({ cluster, service: service.serviceName, desiredCount: 0 });
  return { from: service.desiredCount, to: 0 };
}

async function start(cluster, service, ecs) {
  const kept = remembered(service);
  // Running: someone started it by hand, with a count of their own. One that was never stopped by this is started once.
  const to = service.desiredCount > 0 ? service.desiredCount : (kept ?? 1);
  const changes = to !== service.desiredCount;
  if (changes) await ecs.updateService({ cluster, service: service.serviceName, desiredCount: to });
  // A count of yesterday must not be taken for today's.
  if (kept !== null) await ecs.untagResource({ resourceArn: service.serviceArn, tagKeys: [TAG] });
  return changes ? { from: service.desiredCount, to } : null;
}

// The count before the last stop; null where none is remembered, and 1 where it cannot be read: it ran then.
export function remembered(service) {
  const value = service.tags?.find((tag) => tag.key === TAG)?.value;
  if (value === undefined) return null;
  return /^(0|[1-9][0-9]{0,3})$/.test(value) ? Number(value) : 1;
}

async function allServices(cluster, ecs) {
  const names = [];
  let nextToken;
  do {
    const page = await ecs.listServices({ cluster, maxResults: 100, nextToken });
    names.push(...page.serviceArns.map((arn) => arn.split("/").at(-1)));
    nextToken = page.nextToken;
  } while (nextToken);
  return names.sort();
}

// DescribeServices takes ten at a time and names those that it does not find.
async function describe(cluster, names, ecs) {
  const found = [];
  for (let at = 0; at < names.length; at += 10) {
    const some = names.slice(at, at + 10);
    const answer = await ecs.describeServices({ cluster, services: some, include: ["TAGS"] });
    for (const name of some) {
      found.push({ name, service: answer.services.find((service) => service.serviceName === name) });
    }
  }
  return found;
}
