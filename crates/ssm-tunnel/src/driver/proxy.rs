//! The way out through an HTTP proxy: `HTTPS_PROXY`, `NO_PROXY` and `CONNECT`.

use crate::supervisor::{Failure, FailureKind};
use http::Uri;
use std::fmt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer of a proxy that is read.
const LONGEST: usize = 16 << 10;

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// `user:password` in Base64.
    authorization: Option<String>,
    /// Hosts that are reached without it, as `NO_PROXY` lists them.
    except: String,
    /// The variable that names it, where it is of a kind that cannot be used: what goes past it would be where it must not be.
    unusable: Option<String>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Proxy({self})")
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

impl Proxy {
    /// The one that the environment names, by the usual variables: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, each also in
    /// small letters; one that is empty is not set. One of another kind than [`Proxy::parse`] knows fails when it is used.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let one = |name: &str| {
            let both = [name.to_lowercase(), name.to_owned()];
            both.into_iter().find_map(|name| Some((variable(&name).filter(|value| !value.is_empty())?, name)))
        };
        let (value, name) = one("HTTPS_PROXY").or_else(|| one("ALL_PROXY"))?;
        let unusable =
            || Self { host: String::new(), port: 0, authorization: None, except: String::new(), unusable: Some(name) };
        let proxy = Self::parse(&value).unwrap_or_else(unusable);
        Some(Self { except: one("NO_PROXY").map(|(list, _)| list).unwrap_or_default(), ..proxy })
    }

    /// Whether this host and port are reached through it.
    pub fn serves(&self, host: &str, port: u16) -> bool {
        !is_excepted(host, port, &self.except)
    }

    /// From `http://user:password@host:port`; the scheme may be left out. None for other schemes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri: Uri = text.parse().ok()?;
        if uri.scheme_str() != Some("http") {
            return None;
        }
        let authority = uri.authority()?;
        let authorization = authority.as_str().rsplit_once('@').map(|(user, _)| base64(&percent_decoded(user)));
        let (host, port) = (bare(authority.host()).to_owned(), authority.port_u16().unwrap_or(80));
        Some(Self { host, port, authorization, except: String::new(), unusable: None })
    }

    /// A connection through it to `host` and `port`.
    pub(super) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        if let Some(name) = &self.unusable {
            return Err(Failure {
                kind: FailureKind::Refused,
                message: format!("{name} names a proxy of a kind that cannot be used"),
                hint: Some("write it as http://user:password@host:port, or except the host with NO_PROXY".into()),
            });
        }
        let failed = |error: std::io::Error| Failure::transient(format!("the proxy {self} cannot be used: {error}"));
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(failed)?;
        let _ = stream.set_nodelay(true);
        let authorization = self
            .authorization
            .as_ref()
            .map(|value| format!("Proxy-Authorization: Basic {value}\r\n"))
            .unwrap_or_default();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        // Byte by byte: what follows the answer belongs to the connection.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > LONGEST {
                return Err(Failure::transient(format!("the proxy {self} does not answer as one")));
            }
            answer.push(stream.read_u8().await.map_err(failed)?);
        }
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        let status = line.split(' ').nth(1).unwrap_or_default();
        match status {
            "200" => Ok(stream),
            "407" => Err(Failure {
                kind: FailureKind::Refused,
                message: format!("the proxy {self} asks for a user and a password"),
                hint: Some("put them into HTTPS_PROXY: http://user:password@host:port".into()),
            }),
            _ => Err(Failure::transient(format!("the proxy {self} answered with status {status}"))),
        }
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_excepted(host: &str, port: u16, list: &str) -> bool {
    let host = bare(host).to_ascii_lowercase();
    list.split([',', ' ']).map(|part| part.trim().to_ascii_lowercase()).filter(|part| !part.is_empty()).any(|part| {
        let (part, own) = with_port(&part);
        let part = bare(part).trim_start_matches("*.").trim_start_matches('.');
        let named = part == "*" || host == part || host.strip_suffix(part).is_some_and(|rest| rest.ends_with('.'));
        named && own.is_none_or(|own| own == port)
    })
}

/// A host, and the port behind it where there is one. An address of IPv6 with a port is in brackets.
fn with_port(part: &str) -> (&str, Option<u16>) {
    match part.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            port.parse().map_or((part, None), |port| (host, Some(port)))
        }
        _ => (part, None),
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match code {
            Some(code) if *byte == b'%' => {
                out.push(code);
                rest = &after[2..];
            }
            _ => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place)) as usize & 63] as char;
            out.push(if place > three.len() { '=' } else { letter });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str, variables: &[(&str, &str)]) -> Option<Proxy> {
        let proxy = Proxy::of_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        proxy.filter(|proxy| proxy.serves(host, 443))
    }

    #[test]
    fn the_variables_name_the_proxy_and_its_exceptions() {
        let host = "ssmmessages.eu-west-1.amazonaws.com";
        let proxy = of(host, &[("HTTPS_PROXY", "http://proxy.example:3128")]).unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        assert_eq!(of(host, &[("https_proxy", "proxy.example:3128"), ("HTTPS_PROXY", "http://other:1")]), Some(proxy));
        let excepted = format!("{host}:443");
        for list in ["*", ".amazonaws.com", "amazonaws.com", "localhost, amazonaws.com", "*.amazonaws.com", &excepted] {
            assert_eq!(of(host, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]), None, "{list}");
        }
        for list in ["naws.com,ssm", "amazonaws.com:8443", "::1", "[::1]:443"] {
            assert!(of(host, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]).is_some(), "{list}");
        }
        assert_eq!(of("::1", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "[::1]:443")]), None);
        let other = of(host, &[("https_proxy", ""), ("HTTPS_PROXY", "http://p:1")]).unwrap();
        assert_eq!(other.host, "p", "an empty variable is not set");
        assert_eq!(of(host, &[]), None);
    }

    #[tokio::test]
    async fn a_proxy_of_another_kind_is_an_error_that_names_its_variable_and_is_not_passed_by() {
        for (name, value) in [("HTTPS_PROXY", "socks5://ada:hush@p:1"), ("all_proxy", "https://ada:hush@p:1")] {
            let proxy = of("db.example", &[(name, value)]).unwrap();
            let failure = proxy.connect("db.example", 443).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Refused, "it is not tried again");
            assert!(failure.message.contains(name) && !format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }

    #[test]
    fn the_user_and_the_password_are_for_the_proxy_alone() {
        let proxy = Proxy::parse("http://ada:p%40ss@[::1]:8080").unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("YWRhOnBAc3M="));
        assert_eq!(format!("{proxy:?}"), "Proxy(::1:8080)");
    }

    /// A proxy that answers one request with this line, then passes bytes on to `to`; what it was asked.
    async fn serve(answer: &'static str, to: Option<std::net::SocketAddr>) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(format!("HTTP/1.1 {answer}\r\nVia: test\r\n\r\n").as_bytes()).await.unwrap();
            if let Some(to) = to {
                let mut far = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut far).await;
            }
            String::from_utf8(asked).unwrap()
        });
        (port, served)
    }

    #[tokio::test]
    async fn a_connection_goes_through_the_proxy_to_the_host_that_is_meant() {
        let far = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, served) = serve("200 Connection established", Some(far.local_addr().unwrap())).await;
        tokio::spawn(async move {
            let (mut socket, _) = far.accept().await.unwrap();
            socket.write_all(b"first").await.unwrap();
        });
        let proxy = Proxy::parse(&format!("http://ada:pass@127.0.0.1:{port}")).unwrap();
        let mut stream = proxy.connect("db.example", 443).await.unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "first", "what follows the answer is the connection's");
        drop(stream);
        let asked = served.await.unwrap();
        assert!(asked.starts_with("CONNECT db.example:443 HTTP/1.1\r\nHost: db.example:443\r\n"), "{asked}");
        assert!(asked.contains("Proxy-Authorization: Basic YWRhOnBhc3M=\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn a_proxy_that_asks_for_a_password_or_refuses_says_so_without_the_one_that_it_got() {
        for (answer, kind) in
            [("407 Proxy Authentication Required", FailureKind::Refused), ("503 Busy", FailureKind::Transient)]
        {
            let (port, _served) = serve(answer, None).await;
            let proxy = Proxy::parse(&format!("http://ada:hush@127.0.0.1:{port}")).unwrap();
            let failure = proxy.connect("db.example", 443).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.starts_with(&format!("the proxy 127.0.0.1:{port} ")), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }
}
