//! The last lines of a task that has ended.

use super::*;

#[test]
fn last_lines_of_a_task_are_read_from_its_stream() {
    let desk = Desk::new(Scenario::Staging);
    let Ok(Reply::Tasks(tasks)) = desk.read(Read::Tasks { cluster: CLUSTER.into(), service: WEB.into() }) else {
        panic!()
    };
    let Ok(Reply::TaskDefinition(definition)) = desk.read(Read::TaskDefinition { name: desk.web().task_definition })
    else {
        panic!()
    };
    let container = definition.main_container(&desk.web()).unwrap();
    let log = container.log.clone().unwrap();
    let (group, prefix) = (log.group.unwrap(), log.prefix.unwrap());
    desk.world.advance(300);
    let read = |stream: String, limit| desk.read(Read::TaskLog { group: group.clone(), region: None, stream, limit });
    let stream = format!("{prefix}/{}/{}", container.name, tasks[0].id);
    let Ok(Reply::Log(lines)) = read(stream.clone(), 50) else { panic!() };
    assert!((2..=50).contains(&lines.len()), "{lines:?}");
    let Ok(Reply::Log(last)) = read(stream, 1) else { panic!() };
    assert_eq!(last, lines[lines.len() - 1..]);
    let failure = read(format!("{prefix}/{}/{}", container.name, "0".repeat(32)), 50).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound, "{failure}");
    let nowhere = Read::TaskLog { group: "/no/such".into(), region: None, stream: "x".into(), limit: 50 };
    assert_eq!(desk.read(nowhere).unwrap_err().kind, FailureKind::NotFound);
}

/// Starts a server that sends prepared answers in order and records its requests.
pub fn scripted(answers: Vec<(u16, Value)>) -> (String, std::thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut requests = Vec::new();
        let mut answers = answers.into_iter();
        while answers.len() > 0 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let body = loop {
                let mut piece = [0; 4096];
                let length = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..length]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .lines()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break body.to_owned();
                }
            };
            // The account is requested first.
            let (status, answer) = if body.contains("Action=GetCallerIdentity") {
                let result = "<GetCallerIdentityResult><Account>1</Account><Arn>a</Arn></GetCallerIdentityResult>";
                (200, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
            } else {
                requests.push(serde_json::from_str(&body).unwrap());
                answers.next().map(|(status, answer)| (status, answer.to_string())).unwrap()
            };
            let head = "content-type: application/x-amz-json-1.1\r\nconnection: close";
            write!(stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())
                .unwrap();
        }
        requests
    });
    (endpoint, served)
}

#[test]
fn last_lines_of_a_task_are_ordered_oldest_first() {
    let runtime = Runtime::new().unwrap();
    let lines = |messages: &[&str], next: &str| {
        let events: Vec<Value> = messages.iter().map(|message| json!({"timestamp": 1, "message": message})).collect();
        (200, json!({"events": events, "nextBackwardToken": next, "nextForwardToken": "f"}))
    };
    let read = |limit, answers| {
        let (endpoint, served) = scripted(answers);
        let session = Session::new(connection(endpoint));
        let read = Read::TaskLog { group: "/ecs/web".into(), region: None, stream: "web/web/1".into(), limit };
        let reply = runtime.block_on(session.read(read, None)).outcome;
        (reply, served.join().unwrap())
    };
    let lines_of = |reply: Result<Reply, Failure>| match reply {
        Ok(Reply::Log(lines)) => lines,
        other => panic!("{other:?}"),
    };
    // A shorter stream is returned whole; escapes are left to the screen.
    let (reply, requests) = read(50, vec![lines(&["first", "\u{1b}[31mlast"], "b/1")]);
    assert_eq!(lines_of(reply), ["first", "\u{1b}[31mlast"]);
    assert_eq!((&requests[0]["limit"], &requests[0]["startFromHead"]), (&json!(50), &json!(false)));
    assert_eq!(requests[0]["logStreamName"], "web/web/1");
    // More lines than requested: the newest are returned.
    assert_eq!(lines_of(read(2, vec![lines(&["1", "2", "3"], "b/1")]).0), ["2", "3"]);
    // An empty page may precede those with lines; a repeated token is the end.
    let (reply, requests) = read(50, vec![lines(&[], "b/1"), lines(&["only"], "b/2")]);
    assert_eq!(lines_of(reply), ["only"]);
    assert_eq!(requests[1]["nextToken"], "b/1");
    assert!(lines_of(read(50, vec![lines(&[], "b/1"), lines(&[], "b/1")]).0).is_empty());
    // An answer is cut at one mebibyte: the lines before it are requested as well.
    let long = "x".repeat(950_000);
    let (reply, requests) = read(2, vec![lines(&[&long], "b/1"), lines(&["earlier"], "b/2")]);
    let all = lines_of(reply);
    assert_eq!((all[0].as_str(), all[1].len()), ("earlier", long.len()));
    assert_eq!(requests[1]["limit"], 1);

    let gone = json!({"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."});
    let failure = read(50, vec![(400, gone)]).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.message.starts_with("logs:GetLogEvents"), "{failure}");
}
