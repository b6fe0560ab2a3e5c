//! A web site on loopback, for probes from outside: plain HTTP, TLS with its own CA, a name server. Some paths
//! misbehave: `/loop` redirects to itself, `/slow` never answers, `/astray` redirects to a URL that is not http(s).
//! The name server does not answer for names that begin with `silent`.

use crate::tls::Tls;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, LOCATION};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, DnType, date_time_ymd};
use std::convert::Infallible;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// The certificate that the site presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShownCertificate {
    /// A valid certificate for its names.
    #[default]
    Good,
    /// An expired certificate.
    Expired,
    /// A certificate for another name.
    OtherName,
}

/// The behaviour of the simulated site.
#[derive(Debug, Clone, Default)]
pub struct SiteOptions {
    pub certificate: ShownCertificate,
    /// The names on the certificate.
    pub names: Vec<String>,
    /// Names and their addresses, for the name server. Other names do not exist.
    pub addresses: Vec<(String, IpAddr)>,
    /// Zones and their name servers.
    pub servers: Vec<(String, Vec<String>)>,
    /// Whether requests with an injection or a script are refused.
    pub firewall: bool,
    /// Hosts that serve plain HTTP only: names of load balancers, which are on no certificate.
    pub plain: Vec<String>,
}

/// A running site. Dropping it stops the site.
#[derive(Debug)]
pub struct Site {
    /// The address of plain HTTP.
    pub http: SocketAddr,
    /// The address of TLS.
    pub https: SocketAddr,
    /// The address of the name server.
    pub dns: SocketAddr,
    /// The CA certificate, as PEM.
    pub authority: String,
    tasks: Vec<AbortHandle>,
}

impl Drop for Site {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Site {
    /// Starts a site on the current tokio runtime.
    ///
    /// # Errors
    /// No port is free, or no certificate can be made.
    pub async fn start(options: SiteOptions) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (http, https, dns) =
            (TcpListener::bind(local).await?, TcpListener::bind(local).await?, UdpSocket::bind(local).await?);
        let Tls { authority, acceptor } = Tls::new("simulated authority", &certificate(&options)?)?;
        let options = Arc::new(options);
        let (plain, secure, names) = (http.local_addr()?, https.local_addr()?, dns.local_addr()?);
        let tasks = vec![
            tokio::spawn(serve(http, None, Arc::clone(&options))).abort_handle(),
            tokio::spawn(serve(https, Some(acceptor), Arc::clone(&options))).abort_handle(),
            tokio::spawn(answer_names(dns, options)).abort_handle(),
        ];
        Ok(Self { http: plain, https: secure, dns: names, authority, tasks })
    }

    /// Redirections of connections to this site: `*:80=127.0.0.1:PORT`, and the same for 443 and 53.
    pub fn connect(&self) -> Vec<String> {
        vec![format!("*:80={}", self.http), format!("*:443={}", self.https), format!("*:53={}", self.dns)]
    }
}

fn certificate(options: &SiteOptions) -> Result<CertificateParams, rcgen::Error> {
    let names = match options.certificate {
        ShownCertificate::OtherName => vec!["elsewhere.example".to_owned()],
        ShownCertificate::Good | ShownCertificate::Expired => options.names.clone(),
    };
    let mut own = CertificateParams::new(names)?;
    own.distinguished_name.push(DnType::CommonName, "simulated site");
    own.not_before = date_time_ymd(2020, 1, 1);
    own.not_after = if options.certificate == ShownCertificate::Expired {
        date_time_ymd(2021, 1, 1)
    } else {
        date_time_ymd(2090, 1, 1)
    };
    Ok(own)
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, options: Arc<SiteOptions>) {
    let builder = hyper::server::conn::http1::Builder::new;
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, options) = (tls.clone(), Arc::clone(&options));
        let secure = tls.is_some();
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| answer(request, secure, &options));
            match tls {
                None => drop(builder().serve_connection(TokioIo::new(stream), service).await),
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        drop(builder().serve_connection(TokioIo::new(stream), service).await);
                    }
                }
            }
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    secure: bool,
    options: &SiteOptions,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let path = request.uri().path();
    let redirect = |status: StatusCode, to: &str| {
        let mut response = Response::new(Full::new(Bytes::new()));
        *response.status_mut() = status;
        if let Ok(to) = to.parse() {
            response.headers_mut().insert(LOCATION, to);
        }
        response
    };
    let respond = |status: StatusCode, text: &'static str| {
        let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
        *response.status_mut() = status;
        response
    };
    if options.firewall && (query.contains("script") || query.contains("UNION")) {
        return Ok(respond(StatusCode::FORBIDDEN, "refused"));
    }
    Ok(match path {
        "/slow" => std::future::pending().await,
        "/loop" => redirect(StatusCode::FOUND, "/loop"),
        "/astray" => redirect(StatusCode::FOUND, "javascript:alert(1)"),
        "/address" => respond(StatusCode::OK, "203.0.113.7\n"),
        "/" | "/health" | "/api/health" if options.plain.contains(&host) => respond(StatusCode::OK, "ok"),
        _ if !secure => redirect(StatusCode::MOVED_PERMANENTLY, &format!("https://{host}{path}")),
        "/" | "/health" | "/api/health" => respond(StatusCode::OK, "ok"),
        _ => respond(StatusCode::NOT_FOUND, "not found"),
    })
}

/// DNS record types, from RFC 1035.
const A: u16 = 1;
const NS: u16 = 2;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

async fn answer_names(socket: UdpSocket, options: Arc<SiteOptions>) {
    let mut packet = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut packet).await {
        if let Some(answer) = names(&packet[..length], &options) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

/// The answer to a DNS query; none if the server stays silent.
fn names(question: &[u8], options: &SiteOptions) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(question.get(at + 1..at + 1 + length)?).to_ascii_lowercase());
        at += 1 + length;
    }
    let name = labels.join(".");
    if name.starts_with("silent") {
        return None;
    }
    let kind = u16::from_be_bytes([*question.get(at + 1)?, *question.get(at + 2)?]);
    let end = at + 5;
    let mut rows: Vec<(u16, Vec<u8>)> = Vec::new();
    for (_, address) in options.addresses.iter().filter(|(known, _)| *known == name) {
        match address {
            IpAddr::V4(four) if kind == A => rows.push((A, four.octets().to_vec())),
            IpAddr::V6(six) if kind == AAAA => rows.push((AAAA, six.octets().to_vec())),
            _ => {}
        }
    }
    if kind == NS {
        let name_servers = options.servers.iter().filter(|(known, _)| *known == name).flat_map(|(_, servers)| servers);
        rows.extend(name_servers.map(|server| (NS, encoded(server))));
    }
    let known = !rows.is_empty()
        || options.addresses.iter().any(|(known, _)| *known == name)
        || options.servers.iter().any(|(known, _)| *known == name);
    let mut answer = question.get(..2)?.to_vec();
    // A response with recursion available; code 3 means that the name does not exist.
    answer.extend([0x81, if known { 0x80 } else { 0x83 }, 0, 1, 0, rows.len() as u8, 0, 0, 0, 0]);
    answer.extend(question.get(12..end)?);
    for (kind, data) in rows {
        // A pointer to the name in the query.
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend(INTERNET.to_be_bytes());
        answer.extend(60_u32.to_be_bytes());
        answer.extend((data.len() as u16).to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

fn encoded(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// Returns an address that accepts connections and never answers, for as long as the listener lives.
///
/// # Errors
/// No port is free.
pub async fn unresponsive_address() -> std::io::Result<(SocketAddr, TcpListener)> {
    let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
    Ok((listener.local_addr()?, listener))
}
