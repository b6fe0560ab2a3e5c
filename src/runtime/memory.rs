//! How the allocator keeps memory.

/// The largest piece that glibc's allocator learns from. Source: mallopt(3), `M_MMAP_THRESHOLD`.
const LARGEST: usize = 31 << 20;

/// From now on memory that was freed is kept for the next page of some megabytes, and not given back to the
/// system to be asked for again: that costs more than to take the page apart. glibc learns it from one piece of
/// that size that is freed, untouched; other allocators take no notice.
pub fn keep_what_is_freed() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(std::hint::black_box(LARGEST))));
}
