//! A server that keeps the state of one unit for Terraform's `http` backend, and that accepts a state, refuses it, or makes
//! the writer wait.
#![allow(dead_code)] // each test binary uses its part

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// How the server treats a state that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// It is stored.
    Taken,
    /// It is refused with an error.
    Refused,
    /// It is not answered.
    Wait,
}

struct Inside {
    writes: Writes,
    kept: Vec<u8>,
    attempts: usize,
}

/// A server on loopback, running as long as the test.
pub struct StateServer {
    inside: Arc<(Mutex<Inside>, Condvar)>,
    port: u16,
}

impl StateServer {
    pub fn start(writes: Writes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new((Mutex::new(Inside { writes, kept: Vec::new(), attempts: 0 }), Condvar::new()));
        let shared = inside.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A client that leaves before its answer is no error of the server.
                std::thread::spawn(move || answer(stream, &shared).unwrap_or_default());
            }
        });
        Self { inside, port }
    }

    /// The code of a unit whose state is kept by this server.
    pub fn code(&self, resources: &str) -> String {
        let address = format!("http://127.0.0.1:{}/state", self.port);
        format!(
            "terraform {{\n  backend \"http\" {{\n    address   = \"{address}\"\n    retry_max = 0\n  }}\n}}\n\n{resources}"
        )
    }

    /// Changes the treatment of states from now on, including those that wait.
    pub fn now(&self, writes: Writes) {
        self.with(|inside| inside.writes = writes);
        self.inside.1.notify_all();
    }

    /// The stored state, as text.
    pub fn kept(&self) -> String {
        self.with(|inside| String::from_utf8_lossy(&inside.kept).into_owned())
    }

    /// Number of attempts to write a state.
    pub fn attempts(&self) -> usize {
        self.with(|inside| inside.attempts)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.inside.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer(mut stream: TcpStream, shared: &(Mutex<Inside>, Condvar)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut inside = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (code, text) = if first.starts_with("GET") {
        if inside.kept.is_empty() { ("404 Not Found", Vec::new()) } else { ("200 OK", inside.kept.clone()) }
    } else {
        inside.attempts += 1;
        // A state that had to wait is not stored: its writer may be gone by then.
        let at_once = inside.writes != Writes::Wait;
        while inside.writes == Writes::Wait {
            inside = shared.1.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        if at_once && inside.writes == Writes::Taken {
            inside.kept = body;
            ("200 OK", Vec::new())
        } else {
            ("500 Internal Server Error", Vec::new())
        }
    };
    drop(inside);
    write!(stream, "HTTP/1.1 {code}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len())?;
    stream.write_all(&text)
}
