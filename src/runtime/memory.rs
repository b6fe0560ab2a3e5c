//! Tuning of the memory allocator.

/// The largest block from which glibc's allocator adapts its threshold. Source: mallopt(3), `M_MMAP_THRESHOLD`.
const LARGEST: usize = 31 << 20;

/// Makes the allocator keep freed memory for the next page of a few megabytes, instead of returning it to the system and
/// requesting it again, which costs more than parsing the page. glibc adapts to one block of that size that is freed untouched;
/// other allocators are not affected.
pub fn retain_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(std::hint::black_box(LARGEST))));
}
