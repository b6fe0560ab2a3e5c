//! Local ports: which process listens on one, and which port is free.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// The open-file limit that macOS enforces when the limit reads as unlimited. Source: setrlimit(2) of macOS, `OPEN_MAX`.
const OPEN_MAX: u64 = 10_240;
/// Number of consecutive ports to try.
const TRIES: u16 = 100;

/// Raises this process's limit of open files to the system's maximum: each connection takes one, and the usual limit is near a
/// thousand.
pub fn raise_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let (now, most) = (limit.current, limit.maximum);
    raise(now, most, |current| setrlimit(Resource::Nofile, Rlimit { current, maximum: most }).is_ok());
}

/// Raises a limit to the highest value that the system accepts. If that fails, connections beyond the limit wait.
fn raise(now: Option<u64>, most: Option<u64>, mut set: impl FnMut(Option<u64>) -> bool) {
    if !set(most) && now.is_some_and(|now| now < OPEN_MAX) {
        set(Some(OPEN_MAX));
    }
}

/// Returns the process that listens on a port of this machine, if it can be determined: it must belong to the same user. Uses
/// `/proc` on Linux and `lsof` elsewhere.
pub fn port_owner(port: u16) -> Option<String> {
    in_proc(port).or_else(|| by_lsof(port))
}

/// Finds the process with `lsof`, which macOS has.
fn by_lsof(port: u16) -> Option<String> {
    let mut lsof = std::process::Command::new("lsof");
    lsof.args(["-nP", "-sTCP:LISTEN", "-Fpc", &format!("-iTCP:{port}")]).stdin(std::process::Stdio::null());
    let output = lsof.stderr(std::process::Stdio::null()).output().ok()?;
    process_of(&String::from_utf8_lossy(&output.stdout))
}

/// Returns the first process in the output of `lsof -Fpc`, which has a field per line, prefixed with its letter.
fn process_of(output: &str) -> Option<String> {
    let field = |letter: char| output.lines().find_map(|line| line.strip_prefix(letter));
    Some(format!("{} (process {})", field('c')?, field('p')?))
}

fn in_proc(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let table6 = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let inode = table.lines().chain(table6.lines()).find_map(|line| listens(line, port))?;
    let socket = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        // Skip `self`, which is a process a second time.
        let number = process.file_name();
        if !number.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let has =
            files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == &*socket));
        if has {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {})", name.trim(), number.to_string_lossy()));
        }
    }
    None
}

/// Returns the inode in a line of `/proc/net/tcp` if it is a socket that listens on this port.
fn listens(line: &str, port: u16) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    let (_, hex) = local.rsplit_once(':')?;
    (state == "0A" && u16::from_str_radix(hex, 16) == Ok(port)).then_some(inode)
}

/// Returns the next port that nobody listens on.
pub fn next_free_port(port: u16) -> Option<u16> {
    let free = |port: &u16| {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        // Linux rejects the bind in both cases; others allow it beside a listener on all addresses.
        TcpListener::bind(here).is_ok() && (cfg!(target_os = "linux") || TcpStream::connect(here).is_err())
    };
    (port.checked_add(1)?..=port.saturating_add(TRIES)).find(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_file_limit_is_raised_to_the_maximum_and_never_lowered() {
        for (now, accepts_unlimited, expected) in [
            (Some(256), true, &[None][..]),
            // As on macOS, which reports no limit and does not accept that value.
            (Some(256), false, &[None, Some(OPEN_MAX)][..]),
            (Some(20_000), false, &[None][..]),
            (None, false, &[None][..]),
        ] {
            let mut attempts = Vec::new();
            raise(now, None, |files| {
                attempts.push(files);
                accepts_unlimited || files.is_some()
            });
            assert_eq!(attempts, expected, "{now:?}");
        }
    }

    #[test]
    fn lsof_output_is_parsed() {
        assert_eq!(process_of("p812\ncpostgres\nf7\n").as_deref(), Some("postgres (process 812)"));
        assert_eq!(process_of(""), None);
    }

    #[test]
    fn line_of_proc_net_tcp_is_parsed() {
        let line = "   3: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 424242 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listens(line, 5432), Some("424242"));
        assert_eq!(listens(line, 5433), None);
        assert_eq!(listens(&line.replace(" 0A ", " 01 "), 5432), None);
    }

    #[test]
    fn listener_is_named_with_its_process_id() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let Some(by) = port_owner(taken.local_addr().unwrap().port()) else { return };
        assert!(by.ends_with(&format!("(process {})", std::process::id())), "{by}");
    }

    #[test]
    fn next_free_port_can_be_bound() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let free = next_free_port(port.saturating_sub(1)).unwrap();
        assert_ne!(free, port);
    }
}
