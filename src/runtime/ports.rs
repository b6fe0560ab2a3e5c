//! Local ports: who listens on one, and which is free.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// As many files macOS lets a process have, where the limit says that there is none. Source: setrlimit(2) of macOS, `OPEN_MAX`.
const OPEN_MAX: u64 = 10_240;
/// As many ports are tried.
const TRIES: u16 = 100;

/// Lets this process have as many open files as the system allows: each connection takes one, and the usual limit is
/// near a thousand.
pub fn more_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let (now, most) = (limit.current, limit.maximum);
    raise(now, most, |current| setrlimit(Resource::Nofile, Rlimit { current, maximum: most }).is_ok());
}

/// Raises a limit to the most that the system takes. Where it cannot be raised, connections beyond it wait.
fn raise(now: Option<u64>, most: Option<u64>, mut set: impl FnMut(Option<u64>) -> bool) {
    if !set(most) && now.is_some_and(|now| now < OPEN_MAX) {
        set(Some(OPEN_MAX));
    }
}

/// The process that listens on a port of this machine, where the system tells: processes of the same user, as Linux has
/// them in `/proc` and other systems in `lsof`.
pub fn listener(port: u16) -> Option<String> {
    in_proc(port).or_else(|| by_lsof(port))
}

/// As `lsof` tells it, which macOS has.
fn by_lsof(port: u16) -> Option<String> {
    let mut lsof = std::process::Command::new("lsof");
    lsof.args(["-nP", "-sTCP:LISTEN", "-Fpc", &format!("-iTCP:{port}")]).stdin(std::process::Stdio::null());
    let said = lsof.stderr(std::process::Stdio::null()).output().ok()?;
    process_of(&String::from_utf8_lossy(&said.stdout))
}

/// The first process in what `lsof -Fpc` prints: a field a line, its letter first.
fn process_of(said: &str) -> Option<String> {
    let field = |letter: char| said.lines().find_map(|line| line.strip_prefix(letter));
    Some(format!("{} (process {})", field('c')?, field('p')?))
}

fn in_proc(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let table6 = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let inode = table.lines().chain(table6.lines()).find_map(|line| listens(line, port))?;
    let socket = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        // Not `self`, which is a process once more.
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

/// The inode of a line of `/proc/net/tcp` that is a socket that listens on this port.
fn listens(line: &str, port: u16) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    let (_, hex) = local.rsplit_once(':')?;
    (state == "0A" && u16::from_str_radix(hex, 16) == Ok(port)).then_some(inode)
}

/// The next port that nobody listens on.
pub fn free_after(port: u16) -> Option<u16> {
    let free = |port: &u16| {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        // Linux says of both together; others let one listen beside who listens at all addresses.
        TcpListener::bind(here).is_ok() && (cfg!(target_os = "linux") || TcpStream::connect(here).is_err())
    };
    (port.checked_add(1)?..=port.saturating_add(TRIES)).find(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_a_process_may_have_are_as_many_as_the_system_takes_and_never_fewer_than_before() {
        for (now, takes_none, expected) in [
            (Some(256), true, &[None][..]),
            // As macOS, whose limit is none and which does not take that.
            (Some(256), false, &[None, Some(OPEN_MAX)][..]),
            (Some(20_000), false, &[None][..]),
            (None, false, &[None][..]),
        ] {
            let mut asked = Vec::new();
            raise(now, None, |files| {
                asked.push(files);
                takes_none || files.is_some()
            });
            assert_eq!(asked, expected, "{now:?}");
        }
    }

    #[test]
    fn what_lsof_prints_is_read() {
        assert_eq!(process_of("p812\ncpostgres\nf7\n").as_deref(), Some("postgres (process 812)"));
        assert_eq!(process_of(""), None);
    }

    #[test]
    fn a_line_of_the_systems_table_is_read() {
        let line = "   3: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 424242 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listens(line, 5432), Some("424242"));
        assert_eq!(listens(line, 5433), None);
        assert_eq!(listens(&line.replace(" 0A ", " 01 "), 5432), None);
    }

    #[test]
    fn who_listens_is_named_by_the_number_of_its_process() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let Some(by) = listener(taken.local_addr().unwrap().port()) else { return };
        assert!(by.ends_with(&format!("(process {})", std::process::id())), "{by}");
    }

    #[test]
    fn the_next_port_is_one_that_can_be_listened_on() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let free = free_after(port.saturating_sub(1)).unwrap();
        assert_ne!(free, port);
    }
}
