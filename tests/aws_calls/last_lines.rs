//! The last lines of a task that has ended.

use super::*;

#[test]
fn a_task_is_known_by_its_last_lines() {
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

/// A server that gives one prepared answer after the other and keeps what it was asked.
pub fn scripted(answers: Vec<(u16, Value)>) -> (String, std::thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut asked = Vec::new();
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
            // Whose credentials these are is asked first.
            let (status, answer) = if body.contains("Action=GetCallerIdentity") {
                let result = "<GetCallerIdentityResult><Account>1</Account><Arn>a</Arn></GetCallerIdentityResult>";
                (200, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
            } else {
                asked.push(serde_json::from_str(&body).unwrap());
                answers.next().map(|(status, answer)| (status, answer.to_string())).unwrap()
            };
            let head = "content-type: application/x-amz-json-1.1\r\nconnection: close";
            write!(stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())
                .unwrap();
        }
        asked
    });
    (endpoint, served)
}

#[test]
fn the_last_lines_of_a_task_come_oldest_first() {
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
    let told = |reply: Result<Reply, Failure>| match reply {
        Ok(Reply::Log(lines)) => lines,
        other => panic!("{other:?}"),
    };
    // One that has fewer is whole; escapes are the screen's business.
    let (reply, asked) = read(50, vec![lines(&["first", "\u{1b}[31mlast"], "b/1")]);
    assert_eq!(told(reply), ["first", "\u{1b}[31mlast"]);
    assert_eq!((&asked[0]["limit"], &asked[0]["startFromHead"]), (&json!(50), &json!(false)));
    assert_eq!(asked[0]["logStreamName"], "web/web/1");
    // More than was asked for: the newest count.
    assert_eq!(told(read(2, vec![lines(&["1", "2", "3"], "b/1")]).0), ["2", "3"]);
    // An empty page may come before those that have something; the same token again is the end.
    let (reply, asked) = read(50, vec![lines(&[], "b/1"), lines(&["only"], "b/2")]);
    assert_eq!(told(reply), ["only"]);
    assert_eq!(asked[1]["nextToken"], "b/1");
    assert!(told(read(50, vec![lines(&[], "b/1"), lines(&[], "b/1")]).0).is_empty());
    // An answer is cut at a mebibyte: what is before it is asked for.
    let long = "x".repeat(950_000);
    let (reply, asked) = read(2, vec![lines(&[&long], "b/1"), lines(&["earlier"], "b/2")]);
    let all = told(reply);
    assert_eq!((all[0].as_str(), all[1].len()), ("earlier", long.len()));
    assert_eq!(asked[1]["limit"], 1);

    let gone = json!({"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."});
    let failure = read(50, vec![(400, gone)]).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.message.starts_with("logs:GetLogEvents"), "{failure}");
}
