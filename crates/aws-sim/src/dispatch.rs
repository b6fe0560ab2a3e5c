//! Maps an HTTP request to an operation and back: protocol, service, access key, fault; then encodes the answer in
//! the same protocol. The operations themselves are in `services`.

use crate::faults::{Kind, Verdict};
use crate::gateway;
use crate::reply::{Payload, Reply, answer};
use crate::rng;
use crate::scenario::Scenario;
use crate::services::logs::tail;
use crate::services::rest::{self, Rest};
use crate::services::{self, ApiError, Call, Service};
use crate::shared::Shared;
use crate::wire::{Node, cbor, json, map, query};
use crate::world::cloudtrail::Caller;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The protocol of a request, and so of its answer.
#[derive(Debug, Clone, Copy)]
enum Protocol {
    Json10,
    Json11,
    Query,
    Cbor,
    /// A method and a path.
    Rest(&'static Rest),
}

/// The operation that a request calls.
#[derive(Debug)]
struct Route {
    protocol: Protocol,
    service: Service,
    operation: String,
    input: Result<Node, String>,
}

/// The relevant part of a `SigV4` header: `Credential=KEY/date/region/service/...`.
struct Scope {
    key: String,
    region: String,
    service: String,
}

fn scope(head: &Parts) -> Option<Scope> {
    let header = head.headers.get("authorization")?.to_str().ok()?;
    let credential = header.split_once("Credential=")?.1.split([',', ' ']).next()?;
    // A key could contain a slash in theory; the four fields after it never do.
    let mut parts = credential.rsplitn(5, '/');
    let (_, service, region, _, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Scope { key: key.to_owned(), region: region.to_owned(), service: service.to_owned() })
}

/// Answers one request.
pub(crate) async fn handle(shared: &Arc<Shared>, head: &Parts, body: &[u8]) -> Reply {
    let scope = scope(head);
    let Some(route) = route(head, body, scope.as_ref()) else {
        shared.meter().unknown();
        let text = b"{\"__type\":\"UnknownOperationException\"}".to_vec();
        return Reply::Send(answer(404, "application/x-amz-json-1.1", text));
    };
    let operation = format!("{}:{}", route.service.prefix(), route.operation);
    let number = {
        let mut meter = shared.meter();
        meter.request(&operation, Instant::now());
        meter.total()
    };
    let request_id = request_id(shared.seed, number);
    let mut verdict = shared.faults().take(&operation, shared.clock.now_ms());
    if shared.scenario == Scenario::Throttled
        && route.service == Service::Ecs
        && verdict.kind.is_none()
        && rng::mix(shared.seed ^ rng::mix(number)) % 100 < 30
    {
        verdict.kind = Some(Kind::Throttle);
    }
    if verdict.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(verdict.delay_ms)).await;
    }
    match verdict.kind {
        Some(Kind::Reset) => return Reply::Reset,
        Some(Kind::Hang) => return Reply::Hang,
        Some(Kind::Malformed) => {
            let (kind, garbage) = garbage(route.protocol);
            return Reply::Send(decorate(answer(200, kind, garbage), &route, &request_id));
        }
        _ => {}
    }
    if operation == "logs:StartLiveTail" {
        return match live_tail(shared, &route, scope.as_ref(), verdict, &operation) {
            Ok(response) => Reply::Send(decorate(response, &route, &request_id)),
            Err(error) => {
                shared.meter().error(&operation);
                Reply::Send(encode(&route, &Err(error), &request_id))
            }
        };
    }
    let result = run(shared, &route, scope.as_ref(), verdict, &operation, &request_id);
    if result.is_err() {
        shared.meter().error(&operation);
    }
    if verdict.kind == Some(Kind::Cut) {
        return Reply::Reset;
    }
    let response = encode(&route, &result, &request_id);
    Reply::Send(match verdict.kind {
        Some(Kind::Truncate) => truncate(response),
        _ => response,
    })
}

/// Opens a live tail: the answer is an event stream that stays open.
fn live_tail(
    shared: &Arc<Shared>,
    route: &Route,
    scope: Option<&Scope>,
    verdict: Verdict,
    operation: &str,
) -> Result<Response<Payload>, ApiError> {
    let region = allowed(shared, route, scope, verdict, operation)?;
    let input = route.input.clone().map_err(|e| ApiError::serialization(&e))?;
    let key = scope.map(|scope| scope.key.clone()).unwrap_or_default();
    let session = {
        let mut world = shared.world();
        tail::open(&mut Call {
            world: &mut world,
            region: &region,
            endpoint: &shared.endpoint(),
            key: &key,
            input: &input,
            denies: &|_| false,
        })?
    };
    let wrong = match verdict.kind {
        Some(Kind::Silent) => tail::Wrong::Silent,
        Some(Kind::Truncate) => tail::Wrong::Breaks,
        _ => tail::Wrong::Nothing,
    };
    let (out, rest) = mpsc::channel(16);
    tokio::spawn(tail::run(Arc::clone(shared), session, wrong, out));
    let mut response = Response::new(Payload::stream(rest, wrong == tail::Wrong::Breaks));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.amazon.eventstream"));
    Ok(response)
}

/// Returns the region of a request that is allowed: it is signed with a key that has not expired, no fault refuses
/// it, and its API is within its rate.
fn allowed(
    shared: &Shared,
    route: &Route,
    scope: Option<&Scope>,
    verdict: Verdict,
    operation: &str,
) -> Result<String, ApiError> {
    // Sign-in requests and the exchange of a foreign token are not signed, because there are no keys yet.
    let unsigned = route.service == Service::Sso || operation == "sts:AssumeRoleWithWebIdentity";
    let nobody = Scope { key: String::new(), region: "ap-northeast-1".to_owned(), service: "sso".to_owned() };
    let scope = scope.or(unsigned.then_some(&nobody)).ok_or_else(ApiError::missing_token)?;
    match verdict.kind {
        Some(Kind::Throttle) => return Err(ApiError::throttled(route.service)),
        Some(Kind::Error) => return Err(ApiError::internal(route.service)),
        Some(Kind::Denied) => return Err(ApiError::denied(operation)),
        Some(Kind::Expired) => return Err(ApiError::expired()),
        _ => {}
    }
    let (now, over) = {
        let world = shared.world();
        (world.now, world.sessions.get(&scope.key).is_some_and(|session| session.until <= world.now))
    };
    if over || shared.keys().is_expired(&scope.key, now, shared.scenario) {
        return Err(ApiError::expired());
    }
    if !shared.limits().take(operation, &scope.region, Instant::now(), now) {
        shared.meter().throttled(operation);
        return Err(ApiError::throttled(route.service));
    }
    Ok(scope.region.clone())
}

fn run(
    shared: &Arc<Shared>,
    route: &Route,
    scope: Option<&Scope>,
    verdict: Verdict,
    operation: &str,
    request_id: &str,
) -> Result<Node, ApiError> {
    let region = allowed(shared, route, scope, verdict, operation)?;
    let key = scope.map(|scope| scope.key.clone()).unwrap_or_default();
    let mut world = shared.world();
    let mut input = route.input.clone().map_err(|e| ApiError::serialization(&e))?;
    if let Some(result) = gateway::api::answer(shared, &world, &region, operation, &input) {
        let mut output = result?;
        if verdict.kind == Some(Kind::Empty) {
            output.set("TokenValue", "");
        }
        return Ok(output);
    }
    let paging = services::paging(&route.operation);
    if let (Some(paging), Node::Map(fields)) = (paging, &mut input) {
        fields.retain(|(k, v)| k != paging.request || v.as_str() != Some(FAULT_TOKEN));
    }
    let now = shared.clock.now_ms();
    let denies = |action: &str| shared.faults().denies(action, now);
    let (endpoint, input) = (shared.endpoint(), &input);
    let mut call = Call { world: &mut world, region: &region, endpoint: &endpoint, key: &key, input, denies: &denies };
    let result = services::call(route.service, &route.operation, &mut call);
    if result.as_ref().is_err_and(ApiError::is_unknown_operation) {
        shared.meter().unknown();
    }
    let who = world.sessions.get(&key).map_or_else(|| "operator".to_owned(), |session| session.name.clone());
    let caller = Caller { who: &who, key: &key, service: None, request: request_id };
    let error = result.as_ref().err().map(|error| (error.code.as_ref(), error.message.as_str()));
    world.record_write(&region, operation, caller, input, error);
    let mut output = result?;
    world.newer.add(operation, &mut output);
    let lost = crate::plot::updated(shared, &mut world, &key) || verdict.kind == Some(Kind::Lost);
    if lost {
        return Err(ApiError::internal(route.service));
    }
    if let Some(paging) = paging {
        match verdict.kind {
            Some(Kind::Empty) => {
                output.set(paging.list, Node::List("member", Vec::new()));
                output.set(paging.answer, FAULT_TOKEN);
            }
            Some(Kind::Loop) => output.set(paging.answer, FAULT_TOKEN),
            _ => {}
        }
    }
    Ok(output)
}

/// The token in faulty pages; as a request's token it means the first page.
const FAULT_TOKEN: &str = "c2ltdWxhdGVkLWZhdWx0";

fn route(head: &Parts, body: &[u8], scope: Option<&Scope>) -> Option<Route> {
    let path = head.uri.path();
    if let Some(rest) = path.strip_prefix("/service/GraniteServiceVersion20100801/operation/") {
        return Some(Route {
            protocol: Protocol::Cbor,
            service: Service::CloudWatch,
            operation: rest.to_owned(),
            input: cbor::decode(body),
        });
    }
    if path != "/" {
        let (rest, input) = rest::route(head, body)?;
        let operation = rest.operation.to_owned();
        return Some(Route { protocol: Protocol::Rest(rest), service: rest.service, operation, input });
    }
    let header = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(target) = header("x-amz-target") {
        let (prefix, operation) = target.rsplit_once('.')?;
        let old = header("content-type").is_some_and(|c| c.contains("x-amz-json-1.0"));
        return Some(Route {
            protocol: if old { Protocol::Json10 } else { Protocol::Json11 },
            service: Service::from_target(prefix),
            operation: operation.to_owned(),
            input: json::decode(body),
        });
    }
    let form = match head.method {
        Method::GET => head.uri.query().unwrap_or_default().to_owned(),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let input = query::decode(&form);
    let operation = input.str("Action")?.to_owned();
    let version = input.str("Version").unwrap_or_default();
    let service = Service::from_version(version)
        .or_else(|| scope.map(|s| Service::from_signing_name(&s.service)))
        .unwrap_or(Service::Unknown);
    Some(Route { protocol: Protocol::Query, service, operation, input: Ok(input) })
}

fn encode(route: &Route, result: &Result<Node, ApiError>, request_id: &str) -> Response<Payload> {
    let namespace = route.service.namespace();
    let response = match (route.protocol, result) {
        (Protocol::Json10, Ok(node)) => answer(200, JSON_10, json::encode(node)),
        (Protocol::Json11, Ok(node)) => answer(200, JSON_11, json::encode(node)),
        (Protocol::Cbor, Ok(node)) => answer(200, CBOR, cbor::encode(node)),
        (Protocol::Rest(rest), Ok(node)) => encode_rest(rest, namespace, node),
        (Protocol::Query, Ok(node)) => answer(200, XML, query::encode(&route.operation, namespace, node, request_id)),
        (Protocol::Query | Protocol::Rest(Rest { root: Some(_), .. }), Err(e)) => {
            let body = query::encode_error(namespace, e.sender(), e.query_code(), &e.message, request_id);
            answer(e.query_status(), XML, body)
        }
        (protocol, Err(e)) => {
            let mut node = map! {"__type": e.code.as_ref(), "message": e.message.as_str()};
            if e.code == "TooManyRequestsException" {
                node.set("Type", "User");
                node.set("Reason", "CallerRateLimitExceeded");
            }
            let mut response = match protocol {
                Protocol::Cbor => answer(e.status, CBOR, cbor::encode(&node)),
                Protocol::Json10 => answer(e.status, JSON_10, json::encode(&node)),
                Protocol::Rest(_) => answer(e.rest_status(), JSON, json::encode(&node)),
                _ => answer(e.status, JSON_11, json::encode(&node)),
            };
            if let Ok(code) = HeaderValue::from_str(&e.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            let side = if e.sender() { "Sender" } else { "Receiver" };
            if route.service == Service::CloudWatch
                && let Ok(value) = HeaderValue::from_str(&format!("{};{side}", e.query_code()))
            {
                response.headers_mut().insert("x-amzn-query-error", value);
            }
            response
        }
    };
    decorate(response, route, request_id)
}

/// Encodes the answer of an operation with a path: some members are headers, one may be the body.
fn encode_rest(rest: &Rest, namespace: &str, node: &Node) -> Response<Payload> {
    if let Some(root) = rest.root {
        let status = node.int("StatusCode").and_then(|s| u16::try_from(s).ok()).unwrap_or(200);
        let mut node = node.clone();
        node.set("StatusCode", Node::Null);
        return answer(status, XML, query::document(root, namespace, &node));
    }
    let status = node.int("StatusCode").and_then(|s| u16::try_from(s).ok()).unwrap_or(200);
    let mut response = match rest.payload {
        Some(member) => answer(status, JSON, node.str(member).unwrap_or_default().as_bytes().to_vec()),
        None => answer(200, JSON, json::encode(node)),
    };
    for (header, member) in rest.answers {
        if let Some(value) = node.str(member).and_then(|v| HeaderValue::from_str(v).ok()) {
            response.headers_mut().insert(*header, value);
        }
    }
    response
}

const JSON: &str = "application/json";
const JSON_10: &str = "application/x-amz-json-1.0";
const JSON_11: &str = "application/x-amz-json-1.1";
const CBOR: &str = "application/cbor";
const XML: &str = "text/xml";

/// Adds the headers that every answer carries.
fn decorate(mut response: Response<Payload>, route: &Route, request_id: &str) -> Response<Payload> {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    if matches!(route.protocol, Protocol::Cbor) {
        response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    }
    response
}

/// A body that starts like an answer of the protocol but does not parse.
fn garbage(protocol: Protocol) -> (&'static str, Vec<u8>) {
    match protocol {
        Protocol::Json10 => (JSON_10, b"{\"MetricAlarms\":[{\"AlarmName\":".to_vec()),
        Protocol::Rest(_) => (JSON, b"{\"Schedules\":[{]}<html>".to_vec()),
        Protocol::Json11 => (JSON_11, b"{\"serviceArns\":[{]}<html>".to_vec()),
        Protocol::Query => (XML, b"<DescribeResponse><Result></Wrong>&bogus".to_vec()),
        Protocol::Cbor => (CBOR, b"\xbf\x6cMetricAlarms\x9f\xff\x1c\xa1".to_vec()),
    }
}

/// Keeps the content length of the whole body but sends only half of it.
fn truncate(response: Response<Payload>) -> Response<Payload> {
    let (head, body) = response.into_parts();
    let data = body.into_data();
    let half = data.slice(..data.len() / 2);
    let mut response = Response::from_parts(head, Payload::broken(half));
    response.headers_mut().insert(CONTENT_LENGTH, data.len().into());
    response
}

fn request_id(seed: u64, number: u64) -> String {
    rng::Rng::new(seed ^ number, "request").uuid()
}
