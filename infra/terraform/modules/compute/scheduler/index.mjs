// Stops the services of one cluster and starts them again, for environments that are not needed at night.
//
// The payload is {"action": "start" | "stop"}, optionally with "services": ["name", …]; the default is every service of the
// cluster. `stop` saves a service's desired count in its tag cockpit:desired-count and sets the count to 0; `start` restores
// the count and removes the tag. A count of 0 is saved too, so that the service stays at 0. A DAEMON service has no desired
// count and is skipped. The cockpit does the same itself in environments without this function, using the same tag.
//
// If one service is missing or fails, the others are still processed. Failures then make the invocation fail with their
// reasons, so that Lambda retries it twice and the alarm on errors fires.

export const TAG = "cockpit:desired-count";

const ACTIONS = { start, stop };

export async function handler(event) {
  // Part of the Lambda runtime; imported here so that the tests do not need it.
  const sdk = await import("@aws-sdk/client-ecs");
  return run(event, process.env.CLUSTER, client(new sdk.ECSClient({}), sdk));
}

// The five API calls of the function. Tests replace this object with a fake.
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
  const changeCount = Object.hasOwn(ACTIONS, event?.action) ? ACTIONS[event.action] : null;
  if (!changeCount) throw new Error(`action is "start" or "stop", not ${JSON.stringify(event?.action)}`);
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
      const change = await changeCount(cluster, service, ecs);
      (change ? result.changed : result.unchanged).push(change ? { service: name, ...change } : name);
    } catch (error) {
      // Deleted after it was described.
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
  // Already stopped by this function: keep the saved count instead of overwriting it with 0.
  if (service.desiredCount === 0 && savedCount(service) !== null) return null;
  await ecs.tagResource({ resourceArn: service.serviceArn, tags: [{ key: TAG, value: String(service.desiredCount) }] });
  // Already at 0: the tag is all that is needed.
  if (service.desiredCount === 0) return null;
  await ecs.updateService({ cluster, service: service.serviceName, desiredCount: 0 });
  return { from: service.desiredCount, to: 0 };
}

async function start(cluster, service, ecs) {
  const saved = savedCount(service);
  // A running service was started by hand and keeps its count. A stopped service without a saved count gets one task.
  const to = service.desiredCount > 0 ? service.desiredCount : (saved ?? 1);
  const changes = to !== service.desiredCount;
  if (changes) await ecs.updateService({ cluster, service: service.serviceName, desiredCount: to });
  // A later start must not use this count again.
  if (saved !== null) await ecs.untagResource({ resourceArn: service.serviceArn, tagKeys: [TAG] });
  return changes ? { from: service.desiredCount, to } : null;
}

// The count saved by the last stop; null if there is none, 1 if it is not readable.
export function savedCount(service) {
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

// DescribeServices accepts at most ten services per call and lists unknown ones in `failures`, not in `services`.
async function describe(cluster, names, ecs) {
  const found = [];
  for (let start = 0; start < names.length; start += 10) {
    const batch = names.slice(start, start + 10);
    const response = await ecs.describeServices({ cluster, services: batch, include: ["TAGS"] });
    for (const name of batch) {
      found.push({ name, service: response.services.find((service) => service.serviceName === name) });
    }
  }
  return found;
}
