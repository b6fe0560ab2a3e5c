//! Outgoing connections through an HTTP proxy: `HTTPS_PROXY`, `NO_PROXY` and `CONNECT`.

use super::stream::{Stream, connected, secured};
use crate::supervisor::{Failure, FailureKind};
use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The largest accepted response header of a proxy.
const LONGEST: usize = 16 << 10;
/// The hint shown if the configured proxy cannot be used.
const UNUSABLE: &str = "write it as http://user:password@host:port, with these characters of the password encoded (# is %23, / is %2F, @ \
                        is %40), or except the host with NO_PROXY";

/// An HTTP proxy, with the hosts that are reached without it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// Whether the connection to the proxy uses TLS.
    secure: bool,
    /// `user:password` in Base64.
    authorization: Option<String>,
    /// Hosts that are reached without it, in the format of `NO_PROXY`.
    except: String,
    /// The environment variable that configures it.
    variable: Option<String>,
    /// Whether its URL is unsupported. Connections then fail instead of bypassing the proxy, which would send them
    /// where they must not go.
    unusable: bool,
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
    /// Reads the proxy from the usual environment variables: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, each also in
    /// lower case. An empty variable counts as unset. A URL that [`Proxy::parse`] does not support fails when it is
    /// used.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let one = |name: &str| {
            let both = [name.to_lowercase(), name.to_owned()];
            both.into_iter().find_map(|name| Some((variable(&name).filter(|value| !value.is_empty())?, name)))
        };
        let (value, name) = one("HTTPS_PROXY").or_else(|| one("ALL_PROXY"))?;
        let unusable = || Self { unusable: true, ..Self::at("", 0, false) };
        let proxy = Self::parse(&value).unwrap_or_else(unusable);
        let except = one("NO_PROXY").map(|(list, _)| list).unwrap_or_default();
        Some(Self { except, variable: Some(name), ..proxy })
    }

    fn at(host: &str, port: u16, secure: bool) -> Self {
        let (host, except) = (host.to_owned(), String::new());
        Self { host, port, secure, authorization: None, except, variable: None, unusable: false }
    }

    /// The environment variable that configures it, if it comes from the environment.
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// Whether connections to this host and port go through it.
    pub fn applies_to(&self, host: &str, port: u16) -> bool {
        !is_excepted(host, port, &self.except)
    }

    /// The names, addresses and networks that are reached without the proxy at a port, in the form that every HTTP
    /// client understands: comma-separated, without ports, brackets or `*.`; a single `*` means all.
    pub fn no_proxy_list(&self, port: u16) -> String {
        exceptions(&self.except, port).collect::<Vec<_>>().join(",")
    }

    /// Parses `http://user:password@host:port`, or the same with `https` for TLS to the proxy; without a scheme it is
    /// `http`. None for other schemes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        // One of these characters, unescaped in a password, ends the authority too early; the part before it is not the host.
        if text.split_once("://")?.1.split_once(['/', '?', '#']).is_some_and(|(_, rest)| rest.contains('@')) {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let (secure, usual) = match uri.scheme_str()? {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return None,
        };
        let authority = uri.authority()?;
        let behind = authority.as_str().rsplit(['@', ']']).next().unwrap_or_default();
        if authority.port_u16().is_none() && behind.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty()) {
            return None;
        }
        let authorization = authority.as_str().rsplit_once('@').map(|(user, _)| {
            // The colon follows the user name even without a password.
            let colon = if user.contains(':') { "" } else { ":" };
            base64(&percent_decoded(&format!("{user}{colon}")))
        });
        let (host, port) = (bare(authority.host()), authority.port_u16().unwrap_or(usual));
        Some(Self { authorization, ..Self::at(host, port, secure) })
    }

    /// Connects to the proxy itself. `trusted` is used if that is over TLS.
    async fn reach(&self, trusted: &Arc<ClientConfig>) -> std::io::Result<Box<dyn Stream>> {
        let stream = connected(&self.host, self.port).await?;
        if !self.secure {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(self.host.clone()).map_err(std::io::Error::other)?;
        secured(Box::new(stream), name, Arc::clone(trusted)).await
    }

    /// Connects to `host` and `port` through the proxy.
    pub(super) async fn connect(
        &self,
        host: &str,
        port: u16,
        trusted: &Arc<ClientConfig>,
    ) -> Result<Box<dyn Stream>, Failure> {
        let name = self.variable().unwrap_or("HTTPS_PROXY");
        if self.unusable {
            return Err(Failure {
                kind: FailureKind::Refused,
                message: format!("{name} is not the address of an http:// or https:// proxy"),
                hint: Some(UNUSABLE.to_owned()),
            });
        }
        let failed = |error: std::io::Error| Failure::transient(format!("the proxy {self} cannot be used: {error}"));
        let mut stream = self.reach(trusted).await.map_err(failed)?;
        let authorization = self
            .authorization
            .as_ref()
            .map(|value| format!("Proxy-Authorization: Basic {value}\r\n"))
            .unwrap_or_default();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        stream.flush().await.map_err(failed)?;
        let mut answer = Vec::new();
        // Read byte by byte: data after the response header belongs to the connection.
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
                message: match self.authorization {
                    Some(_) => format!("the proxy {self} rejects the configured user and password"),
                    None => format!("the proxy {self} asks for a user and a password"),
                },
                hint: Some(format!("set them in {name}: http://user:password@host:port")),
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
    let address = host.parse::<IpAddr>().ok();
    exceptions(list, port).any(|part| match address {
        Some(address) => part == "*" || is_within(address, &part),
        None => part == "*" || host == part || host.strip_suffix(&*part).is_some_and(|rest| rest.ends_with('.')),
    })
}

/// The entries of a `NO_PROXY` list that apply to a port: names, addresses, networks and `*`, without brackets and blanks.
fn exceptions(list: &str, port: u16) -> impl Iterator<Item = String> {
    let parts = list.split([',', ' ']).map(|part| part.trim().to_ascii_lowercase());
    parts.filter_map(move |part| {
        let (part, own) = with_port(&part);
        let part = bare(part).trim_start_matches("*.").trim_start_matches('.');
        (!part.is_empty() && own.is_none_or(|own| own == port)).then(|| part.to_owned())
    })
}

/// Whether an address equals the entry or lies in its network, such as `10.0.0.0/8`.
fn is_within(address: IpAddr, part: &str) -> bool {
    let (first, bits) = part.split_once('/').map_or((part, None), |(first, bits)| (first, Some(bits)));
    let Ok(first) = first.parse::<IpAddr>() else { return false };
    let (same, all) = match (address, first) {
        (IpAddr::V4(address), IpAddr::V4(first)) => ((address.to_bits() ^ first.to_bits()).leading_zeros(), 32),
        (IpAddr::V6(address), IpAddr::V6(first)) => ((address.to_bits() ^ first.to_bits()).leading_zeros(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    bits.map_or(Some(all), |bits| bits.parse().ok()).is_some_and(|bits: u32| bits <= all && same >= bits)
}

/// Splits off the port, if there is one. An IPv6 address with a port is in brackets.
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
        proxy.filter(|proxy| proxy.applies_to(host, 443))
    }

    #[test]
    fn environment_variables_set_the_proxy_and_its_exceptions() {
        let host = "ssmmessages.eu-west-1.amazonaws.com";
        let proxy = of(host, &[("HTTPS_PROXY", "http://proxy.example:3128")]).unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        let small = of(host, &[("https_proxy", "proxy.example:3128"), ("HTTPS_PROXY", "http://other:1")]).unwrap();
        assert_eq!((proxy.variable(), small.variable()), (Some("HTTPS_PROXY"), Some("https_proxy")));
        assert_eq!(small, Proxy { variable: Some("https_proxy".to_owned()), ..proxy });
        let excepted = format!("{host}:443");
        for list in ["*", ".amazonaws.com", "amazonaws.com", "localhost, amazonaws.com", "*.amazonaws.com", &excepted] {
            assert_eq!(of(host, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]), None, "{list}");
        }
        for list in ["naws.com,ssm", "amazonaws.com:8443", "::1", "[::1]:443"] {
            assert!(of(host, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]).is_some(), "{list}");
        }
        assert_eq!(of("::1", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "[::1]:443")]), None);
        for (address, list, past) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("192.168.1.77", "localhost 192.168.1.0/24", true),
            ("192.168.2.77", "localhost,192.168.1.0/24", false),
            ("192.168.1.77", "192.168.1.77/32", true),
            ("192.168.1.77", "0.0.0.0/0", true),
            ("192.168.1.77", "192.168.1.0/33", false),
            ("192.168.1.77", "168.1.77", false),
            ("192.168.1.77", "192.168.1.77:8443", false),
            ("[fd00::1]", "fd00::/8", true),
            ("fe80::1", "fd00::/8,10.0.0.0/8", false),
        ] {
            let proxy = of(address, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", list)]);
            assert_eq!(proxy.is_none(), past, "{address} of {list}");
        }
        let other = of(host, &[("https_proxy", ""), ("HTTPS_PROXY", "http://p:1")]).unwrap();
        assert_eq!((other.host.as_str(), other.variable()), ("p", Some("HTTPS_PROXY")), "an empty variable is not set");
        assert_eq!(of(host, &[]), None);
    }

    #[tokio::test]
    async fn unsupported_proxy_is_an_error_that_names_its_variable() {
        for (name, value) in [("HTTPS_PROXY", "socks5://ada:hush@p:1"), ("all_proxy", "http://ada:hush#2@p:1")] {
            let proxy = of("db.example", &[(name, value)]).unwrap();
            let failure = proxy.connect("db.example", 443, &trusting()).await.err().unwrap();
            assert_eq!(failure.kind, FailureKind::Refused, "it is not tried again");
            assert!(failure.message.contains(name) && !format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }

    #[test]
    fn proxy_connection_may_use_tls() {
        let proxy = |text| Proxy::parse(text).map(|proxy| (proxy.secure, proxy.port)).unwrap();
        assert_eq!((proxy("https://p:8443"), proxy("https://p"), proxy("p")), ((true, 8443), (true, 443), (false, 80)));
        assert_eq!((proxy("http://[::1]"), proxy("http://ada:8@p:9/")), ((false, 80), (false, 9)));
        for none in ["http://p:99999", "http://ada:8#2@p:1", "http://ada:a/b@p:1", "ada:a?b@p", "ftp://p"] {
            assert_eq!(Proxy::parse(none), None, "{none}");
        }
    }

    /// A TLS configuration that trusts no certificate.
    fn trusting() -> Arc<ClientConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
    }

    #[test]
    fn proxy_credentials_are_sent_to_the_proxy_and_not_printed() {
        let proxy = Proxy::parse("http://ada:p%40ss@[::1]:8080").unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("YWRhOnBAc3M="));
        assert_eq!(format!("{proxy:?}"), "Proxy(::1:8080)");
        assert_eq!(Proxy::parse("http://ada@p:1").unwrap().authorization.as_deref(), Some("YWRhOg=="), "ada:");
    }

    /// A proxy that answers one request with this status line and then forwards bytes to `to`; returns the request.
    async fn serve(answer: &'static str, to: Option<std::net::SocketAddr>) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(format!("HTTP/1.1 {answer}\r\nVia: test\r\n\r\n").as_bytes()).await.unwrap();
            if let Some(to) = to {
                let mut far = tokio::net::TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut far).await;
            }
            String::from_utf8(request).unwrap()
        });
        (port, served)
    }

    #[tokio::test]
    async fn connection_through_the_proxy_reaches_the_requested_host() {
        let far = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, served) = serve("200 Connection established", Some(far.local_addr().unwrap())).await;
        tokio::spawn(async move {
            let (mut socket, _) = far.accept().await.unwrap();
            socket.write_all(b"first").await.unwrap();
        });
        let proxy = Proxy::parse(&format!("http://ada:pass@127.0.0.1:{port}")).unwrap();
        let mut stream = proxy.connect("db.example", 443, &trusting()).await.ok().unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "first", "what follows the answer is the connection's");
        drop(stream);
        let request = served.await.unwrap();
        assert!(request.starts_with("CONNECT db.example:443 HTTP/1.1\r\nHost: db.example:443\r\n"), "{request}");
        assert!(request.contains("Proxy-Authorization: Basic YWRhOnBhc3M=\r\n"), "{request}");
    }

    #[tokio::test]
    async fn proxy_errors_never_contain_the_password() {
        for (answer, kind) in
            [("407 Proxy Authentication Required", FailureKind::Refused), ("503 Busy", FailureKind::Transient)]
        {
            let (port, _served) = serve(answer, None).await;
            let proxy = Proxy::parse(&format!("http://ada:hush@127.0.0.1:{port}")).unwrap();
            let failure = proxy.connect("db.example", 443, &trusting()).await.err().unwrap();
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.starts_with(&format!("the proxy 127.0.0.1:{port} ")), "{failure}");
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }
}
