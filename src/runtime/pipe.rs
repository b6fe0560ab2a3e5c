//! Standard output, where it is a pipe.

/// Bytes that a pipe holds, if the system lets it: the usual 64 kB are a change between two programs for every
/// few hundred lines.
#[cfg(target_os = "linux")]
const SIZE: usize = 1 << 20;

/// Makes the pipe larger that a million lines go through; nothing where output is none, or the system has no
/// such call.
pub fn widen_output() {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(std::io::stdout(), SIZE);
}
