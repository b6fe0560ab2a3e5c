//! Standard output, if it is a pipe.

/// The size of the pipe's buffer in bytes, if the system allows it. The usual 64 kB cause a switch between the two programs every
/// few hundred lines.
#[cfg(target_os = "linux")]
const SIZE: usize = 1 << 20;

/// Enlarges the pipe of standard output for outputs of a million lines. Does nothing if it is no pipe, or the system does not
/// support it.
pub fn widen_output() {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(std::io::stdout(), SIZE);
}
