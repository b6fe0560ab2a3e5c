//! TLS, against a server whose certificate is of an authority that no machine knows, as behind a proxy that looks
//! into it.

use super::support::{Home, World, line};
use super::with_files;
use std::process::Command;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const AUTHORITY: &str = include_str!("../support/tls/authority.pem");
const ANOTHER: &str = include_str!("../support/tls/another.pem");
const SERVER: &[u8] = include_bytes!("../support/tls/server.pem");
const KEY: &[u8] = include_bytes!("../support/tls/server.key.der");

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
                    // Who does not trust it goes away.
                    let Ok(mut secure) = acceptor.accept(stream).await else { return };
                    let mut plain = tokio::net::TcpStream::connect(behind).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut secure, &mut plain).await;
                });
            }
        });
        Self { world, endpoint, _runtime: runtime }
    }

    /// The program on it, with this AWS file.
    fn with_files(&self, home: &Home, text: &str) -> Command {
        let mut program = with_files(home, &self.world, text);
        program.env("AWS_ENDPOINT_URL", &self.endpoint).env_remove("HTTPS_PROXY").env("AWS_MAX_ATTEMPTS", "1");
        program
    }

    fn asked(&self) -> u64 {
        self.world.asked("ecs:DescribeServices")
    }
}

const KEYS: &str = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\n";

#[test]
fn a_server_whose_authority_is_in_the_named_certificates_is_trusted() {
    let (home, secure) = (Home::new(), Secure::new());
    let (authority, another) = (home.write("authority.pem", AUTHORITY), home.write("another.pem", ANOTHER));
    let both = home.write("both.pem", format!("{ANOTHER}# and the one of the server\n{AUTHORITY}"));
    let plain = format!("[default]\n{KEYS}");
    for file in [&authority, &both] {
        let before = secure.asked();
        line(secure.with_files(&home, &plain).env("AWS_CA_BUNDLE", file), "services").coded(0);
        assert!(secure.asked() > before, "{file:?}");
        let profile = format!("[default]\n{KEYS}ca_bundle = {}\n", file.display());
        line(&mut secure.with_files(&home, &profile), "services").coded(0);
    }
    // Below the home folder; and the variable wins over the profile.
    line(&mut secure.with_files(&home, &format!("[default]\n{KEYS}ca_bundle = ~/authority.pem\n")), "services")
        .coded(0);
    let wrong = format!("[default]\n{KEYS}ca_bundle = {}\n", another.display());
    line(secure.with_files(&home, &wrong).env("AWS_CA_BUNDLE", &authority), "services").coded(0);
}

#[test]
fn a_server_whose_authority_is_not_among_them_is_refused_with_what_to_do() {
    let (home, secure) = (Home::new(), Secure::new());
    let another = home.write("another.pem", ANOTHER);
    let plain = format!("[default]\n{KEYS}");
    let profile = format!("[default]\n{KEYS}ca_bundle = {}\n", another.display());
    let mut of_machine = secure.with_files(&home, &plain);
    let mut of_variable = secure.with_files(&home, &plain);
    of_variable.env("AWS_CA_BUNDLE", &another);
    let mut of_profile = secure.with_files(&home, &profile);
    for program in [&mut of_machine, &mut of_variable, &mut of_profile] {
        let said = line(program, "snapshot -o json");
        let text = format!("{}{}", said.out, said.err);
        assert!(said.code != 0 && text.contains("certificate"), "{said:#?}");
        assert!(text.contains("AWS_CA_BUNDLE"), "what to do: {said:#?}");
        assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERTIFICATE"), "{said:#?}");
    }
    let mut missing = secure.with_files(&home, &format!("[default]\n{KEYS}ca_bundle = none.pem\n"));
    let said = line(&mut missing, "services");
    assert!(said.code != 0 && format!("{said:?}").contains("none.pem"), "{said:#?}");
    assert_eq!(secure.asked(), 0, "nothing was asked");
}

/// What goes past a proxy would be where it must not be.
#[test]
fn nothing_goes_past_a_proxy_that_cannot_be_used() {
    let (home, secure) = (Home::new(), Secure::new());
    let authority = home.write("authority.pem", AUTHORITY);
    let mut program = secure.with_files(&home, &format!("[default]\n{KEYS}"));
    program.env("AWS_CA_BUNDLE", &authority).env("NO_PROXY", "example.com").env_remove("no_proxy");
    let said = line(program.env("HTTPS_PROXY", "ftp://ada:hush@127.0.0.1:1"), "services").coded(1);
    let text = format!("{}{}", said.out, said.err);
    assert!(text.contains("(HTTPS_PROXY: such an address cannot be used)") && !text.contains("hush"), "{said:#?}");
    assert_eq!((secure.asked(), secure.world.asked("sts:GetCallerIdentity")), (0, 0));
}
