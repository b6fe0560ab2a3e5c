//! TLS with a server whose certificate is signed by an authority unknown to this machine, as behind an intercepting
//! proxy.

use super::with_files;
use crate::support::{Home, World, line};
use std::process::Command;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const AUTHORITY: &str = include_str!("../../support/tls/authority.pem");
const ANOTHER: &str = include_str!("../../support/tls/another.pem");
const SERVER: &[u8] = include_bytes!("../../support/tls/server.pem");
const KEY: &[u8] = include_bytes!("../../support/tls/server.key.der");

/// The simulator behind TLS.
struct Secure {
    world: World,
    endpoint: String,
    _runtime: tokio::runtime::Runtime,
}

impl Secure {
    fn new() -> Self {
        let world = World::staging();
        let behind = world.endpoint().trim_start_matches("http://").to_owned();
        let chain = CertificateDer::pem_slice_iter(SERVER).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("https://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    // A client that does not trust it disconnects.
                    let Ok(mut secure) = acceptor.accept(stream).await else { return };
                    let mut plain = tokio::net::TcpStream::connect(behind).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut secure, &mut plain).await;
                });
            }
        });
        Self { world, endpoint, _runtime: runtime }
    }

    /// The program on this server, with this AWS file.
    fn with_files(&self, home: &Home, text: &str) -> Command {
        let mut program = with_files(home, &self.world, text);
        program.env("AWS_ENDPOINT_URL", &self.endpoint).env_remove("HTTPS_PROXY").env("AWS_MAX_ATTEMPTS", "1");
        program
    }

    fn requests(&self) -> u64 {
        self.world.requests("ecs:DescribeServices")
    }
}

const KEYS: &str = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\n";

#[test]
fn server_signed_by_a_configured_authority_is_trusted() {
    let (home, secure) = (Home::new(), Secure::new());
    let (authority, another) = (home.write("authority.pem", AUTHORITY), home.write("another.pem", ANOTHER));
    let both = home.write("both.pem", format!("{ANOTHER}# and the one of the server\n{AUTHORITY}"));
    let plain = format!("[default]\n{KEYS}");
    for file in [&authority, &both] {
        let before = secure.requests();
        line(secure.with_files(&home, &plain).env("AWS_CA_BUNDLE", file), "services").exits(0);
        assert!(secure.requests() > before, "{file:?}");
        let profile = format!("[default]\n{KEYS}ca_bundle = {}\n", file.display());
        line(&mut secure.with_files(&home, &profile), "services").exits(0);
    }
    // A path relative to the home folder; and the variable takes precedence over the profile.
    line(&mut secure.with_files(&home, &format!("[default]\n{KEYS}ca_bundle = ~/authority.pem\n")), "services")
        .exits(0);
    let wrong = format!("[default]\n{KEYS}ca_bundle = {}\n", another.display());
    line(secure.with_files(&home, &wrong).env("AWS_CA_BUNDLE", &authority), "services").exits(0);
}

#[test]
fn server_signed_by_an_unknown_authority_is_refused_with_a_remedy() {
    let (home, secure) = (Home::new(), Secure::new());
    let another = home.write("another.pem", ANOTHER);
    let plain = format!("[default]\n{KEYS}");
    let profile = format!("[default]\n{KEYS}ca_bundle = {}\n", another.display());
    let mut of_machine = secure.with_files(&home, &plain);
    let mut of_variable = secure.with_files(&home, &plain);
    of_variable.env("AWS_CA_BUNDLE", &another);
    let mut of_profile = secure.with_files(&home, &profile);
    for program in [&mut of_machine, &mut of_variable, &mut of_profile] {
        let output = line(program, "snapshot -o json");
        let text = format!("{}{}", output.out, output.err);
        assert!(output.code != 0 && text.contains("certificate"), "{output:#?}");
        assert!(text.contains("AWS_CA_BUNDLE"), "no remedy: {output:#?}");
        assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERTIFICATE"), "{output:#?}");
    }
    let mut missing = secure.with_files(&home, &format!("[default]\n{KEYS}ca_bundle = none.pem\n"));
    let output = line(&mut missing, "services");
    assert!(output.code != 0 && format!("{output:?}").contains("none.pem"), "{output:#?}");
    assert_eq!(secure.requests(), 0, "no request was sent");
}

/// Requests that bypass a proxy would take a route that is not allowed.
#[test]
fn unusable_proxy_is_never_bypassed() {
    let (home, secure) = (Home::new(), Secure::new());
    let authority = home.write("authority.pem", AUTHORITY);
    let mut program = secure.with_files(&home, &format!("[default]\n{KEYS}"));
    program.env("AWS_CA_BUNDLE", &authority).env("NO_PROXY", "example.com").env_remove("no_proxy");
    let output = line(program.env("HTTPS_PROXY", "ftp://ada:hush@127.0.0.1:1"), "services").exits(1);
    let text = format!("{}{}", output.out, output.err);
    assert!(text.contains("(HTTPS_PROXY: such an address cannot be used)") && !text.contains("hush"), "{output:#?}");
    assert_eq!((secure.requests(), secure.world.requests("sts:GetCallerIdentity")), (0, 0));
}
