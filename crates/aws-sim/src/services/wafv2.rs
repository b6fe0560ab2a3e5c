//! WAF: web ACLs, the lock token required for changes, and their associations.

use super::{ApiError, Call, token};
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::firewalls::WebAcl;

/// The settings of a web ACL, besides its name and scope.
const SETTINGS: &[&str] = &[
    "DefaultAction",
    "Description",
    "Rules",
    "VisibilityConfig",
    "DataProtectionConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
];

/// Runs an operation of WAF.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListWebACLs" => all(call),
        "GetWebACL" => get(call),
        "CreateWebACL" => create(call),
        "UpdateWebACL" => update(call),
        "DeleteWebACL" => delete(call),
        "AssociateWebACL" => associate(call),
        "DisassociateWebACL" => disassociate(call),
        "GetWebACLForResource" => of_resource(call),
        "ListResourcesForWebACL" => resources(call),
        "ListTagsForResource" => tags(call),
        "TagResource" => tag(call),
        "UntagResource" => untag(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(field: &str) -> ApiError {
    let text = format!("Error reason: The parameter is missing or not valid., field: {field}");
    ApiError::client("WAFInvalidParameterException", text)
}

fn nonexistent() -> ApiError {
    let text = "AWS WAF couldn\u{2019}t perform the operation because your resource doesn\u{2019}t exist.";
    ApiError::client("WAFNonexistentItemException", text)
}

/// Returns a required field.
fn required<'a>(call: &Call<'a>, key: &str) -> Result<&'a str, ApiError> {
    call.input.str(key).ok_or_else(|| invalid(key))
}

/// The scope of a request; that of distributions exists in `us-east-1` only.
fn scope<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    match required(call, "Scope")? {
        "CLOUDFRONT" if call.region != "us-east-1" => Err(invalid("SCOPE_VALUE")),
        scope @ ("REGIONAL" | "CLOUDFRONT") => Ok(scope),
        _ => Err(invalid("SCOPE_VALUE")),
    }
}

fn summary(acl: &WebAcl) -> Node {
    map! {
        "Name": &acl.name,
        "Id": &acl.id,
        "Description": acl.settings.str("Description"),
        "LockToken": &acl.lock,
        "ARN": acl.arn(),
    }
}

/// The capacity units of a rule; for managed groups those documented by AWS.
fn capacity(rule: &Node) -> i64 {
    let statement = rule.get("Statement");
    match statement.and_then(|one| one.get("ManagedRuleGroupStatement")).and_then(|group| group.str("Name")) {
        Some("AWSManagedRulesCommonRuleSet") => 700,
        Some(_) => 200,
        None => 2,
    }
}

fn web_acl_node(acl: &WebAcl) -> Node {
    let mut node = acl.settings.clone();
    if node.get("Rules").is_none() {
        node.set("Rules", list(Vec::<Node>::new()));
    }
    node.set("Name", &acl.name);
    node.set("Id", &acl.id);
    node.set("ARN", acl.arn());
    node.set("Capacity", acl.settings.items("Rules").iter().map(capacity).sum::<i64>());
    node.set("ManagedByFirewallManager", false);
    node.set("RetrofittedByFirewallManager", false);
    node.set("LabelNamespace", format!("awswaf:{}:webacl:{}:", crate::account::ACCOUNT, acl.name));
    node
}

fn all(call: &Call<'_>) -> Result<Node, ApiError> {
    let scope = scope(call)?;
    let size = match call.input.int("Limit") {
        None => 100,
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=100).contains(n)).ok_or_else(|| invalid("Limit"))?,
    };
    let in_region = call.world.firewalls.all.iter().filter(|acl| acl.region == call.region && acl.scope == scope);
    let mut rows: Vec<(String, Node)> = in_region.map(|acl| (acl.name.clone(), summary(acl))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) =
        token::page(rows.into_iter(), call.input.str("NextMarker"), size).ok_or_else(|| invalid("NextMarker"))?;
    Ok(map! {"WebACLs": list(items), "NextMarker": next})
}

/// The index of the web ACL that a call names by its ARN, or by name, scope and id.
fn place(call: &Call<'_>) -> Result<usize, ApiError> {
    let all = &call.world.firewalls.all;
    let mut in_region = all.iter().enumerate().filter(|(_, acl)| acl.region == call.region);
    let found = if let Some(arn) = call.input.str("ARN") {
        in_region.find(|(_, acl)| acl.arn() == arn)
    } else {
        let (name, scope, id) = (required(call, "Name")?, scope(call)?, required(call, "Id")?);
        in_region.find(|(_, acl)| (acl.name.as_str(), acl.scope.as_str(), acl.id.as_str()) == (name, scope, id))
    };
    found.map(|(at, _)| at).ok_or_else(nonexistent)
}

fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let acl = &call.world.firewalls.all[place(call)?];
    Ok(map! {"WebACL": web_acl_node(acl), "LockToken": &acl.lock})
}

/// The settings of a request, if all required ones are present.
fn settings(call: &Call<'_>) -> Result<Node, ApiError> {
    for key in ["DefaultAction", "VisibilityConfig"] {
        call.input.get(key).ok_or_else(|| invalid(key))?;
    }
    let rules = call.input.items("Rules");
    let same = |key: fn(&Node) -> Option<String>| {
        let mut all: Vec<_> = rules.iter().filter_map(key).collect();
        all.sort_unstable();
        all.windows(2).any(|two| two[0] == two[1])
    };
    if same(|rule| rule.str("Name").map(str::to_owned)) || same(|rule| rule.int("Priority").map(|n| n.to_string())) {
        let text = "AWS WAF couldn\u{2019}t perform the operation because some resource in your request is a duplicate of an existing one.";
        return Err(ApiError::client("WAFDuplicateItemException", text));
    }
    let mut settings = Node::empty();
    for key in SETTINGS {
        if let Some(value) = call.input.get(key) {
            settings.set(key, value.clone());
        }
    }
    Ok(settings)
}

fn create(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (name, scope) = (required(call, "Name")?.to_owned(), scope(call)?.to_owned());
    let settings = settings(call)?;
    let region = call.region.to_owned();
    let tags = read_tags(call);
    let firewalls = &mut call.world.firewalls;
    if firewalls.all.iter().any(|acl| (&acl.region, &acl.scope, &acl.name) == (&region, &scope, &name)) {
        let text = "AWS WAF couldn\u{2019}t perform the operation because some resource in your request is a duplicate of an existing one.";
        return Err(ApiError::client("WAFDuplicateItemException", text));
    }
    let lock = firewalls.lock();
    let id = rng::Rng::new(rng::hash(28, &lock), "web-acl").uuid();
    let acl = WebAcl { region, scope, name, id, lock, settings, tags };
    let answer = map! {"Summary": summary(&acl)};
    firewalls.all.push(acl);
    Ok(answer)
}

/// The index of the web ACL of a call with the current lock token.
fn locked(call: &Call<'_>) -> Result<usize, ApiError> {
    let at = place(call)?;
    if required(call, "LockToken")? != call.world.firewalls.all[at].lock {
        let text = "AWS WAF couldn\u{2019}t save your changes because someone changed the resource after you started to edit it. Reapply your changes.";
        return Err(ApiError::client("WAFOptimisticLockException", text));
    }
    Ok(at)
}

fn update(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (at, settings) = (locked(call)?, settings(call)?);
    let lock = call.world.firewalls.lock();
    let acl = &mut call.world.firewalls.all[at];
    acl.settings = settings;
    acl.lock.clone_from(&lock);
    Ok(map! {"NextLockToken": lock})
}

fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = locked(call)?;
    let firewalls = &mut call.world.firewalls;
    if !firewalls.resources(&firewalls.all[at].arn()).is_empty() {
        let text = "AWS WAF couldn\u{2019}t perform the operation because your resource is being used by another resource or it\u{2019}s associated with another resource.";
        return Err(ApiError::client("WAFAssociatedItemException", text));
    }
    firewalls.all.remove(at);
    Ok(Node::empty())
}

/// The ARN in a field, if it is that of an existing web ACL.
fn acl_arn<'a>(call: &Call<'a>, key: &str) -> Result<&'a str, ApiError> {
    let arn = required(call, key)?;
    call.world.firewalls.find(arn).filter(|acl| acl.region == call.region).map(|_| arn).ok_or_else(nonexistent)
}

/// The ARN of the load balancer that a call names.
fn resource<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let arn = required(call, "ResourceArn")?;
    let found = call.world.balancers.iter().any(|balancer| balancer.region == call.region && balancer.arn() == arn);
    found.then_some(arn).ok_or_else(nonexistent)
}

fn associate(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (acl, resource) = (acl_arn(call, "WebACLArn")?.to_owned(), resource(call)?.to_owned());
    let before = &mut call.world.firewalls.before;
    before.retain(|(of, _)| *of != resource);
    before.push((resource, acl));
    Ok(Node::empty())
}

fn disassociate(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let resource = resource(call)?;
    call.world.firewalls.before.retain(|(of, _)| of != resource);
    Ok(Node::empty())
}

/// The web ACL of a resource; none if it has none.
fn of_resource(call: &Call<'_>) -> Result<Node, ApiError> {
    let resource = resource(call)?;
    let firewalls = &call.world.firewalls;
    let found = firewalls.before.iter().find(|(of, _)| of == resource).and_then(|(_, acl)| firewalls.find(acl));
    Ok(map! {"WebACL": found.map(web_acl_node)})
}

fn resources(call: &Call<'_>) -> Result<Node, ApiError> {
    let acl = acl_arn(call, "WebACLArn")?;
    // The default resource type is load balancers, the only ones that can be associated here.
    let balancers = call.input.str("ResourceType").is_none_or(|kind| kind == "APPLICATION_LOAD_BALANCER");
    let found = if balancers { call.world.firewalls.resources(acl) } else { Vec::new() };
    Ok(map! {"ResourceArns": list(found)})
}

fn read_tags(call: &Call<'_>) -> Vec<(String, String)> {
    let pair = |tag: &Node| Some((tag.str("Key")?.to_owned(), tag.str("Value").unwrap_or_default().to_owned()));
    call.input.items("Tags").iter().filter_map(pair).collect()
}

fn tags(call: &Call<'_>) -> Result<Node, ApiError> {
    let arn = acl_arn(call, "ResourceARN")?;
    let tags = call.world.firewalls.find(arn).map(|acl| acl.tags.clone()).unwrap_or_default();
    let tags = tags.into_iter().map(|(key, value)| map! {"Key": key, "Value": value});
    Ok(map! {"TagInfoForResource": map! {"ResourceARN": arn, "TagList": list(tags)}})
}

/// Changes the tags of the web ACL that a call names.
fn retag(call: &mut Call<'_>, gone: &[String], more: Vec<(String, String)>) -> Result<Node, ApiError> {
    let arn = acl_arn(call, "ResourceARN")?.to_owned();
    if let Some(acl) = call.world.firewalls.all.iter_mut().find(|acl| acl.arn() == arn) {
        acl.tags.retain(|(key, _)| !gone.contains(key));
        acl.tags.extend(more);
    }
    Ok(Node::empty())
}

fn tag(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let more = read_tags(call);
    let gone: Vec<String> = more.iter().map(|(key, _)| key.clone()).collect();
    retag(call, &gone, more)
}

fn untag(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let gone: Vec<String> = call.input.strings("TagKeys").into_iter().map(str::to_owned).collect();
    retag(call, &gone, Vec::new())
}
