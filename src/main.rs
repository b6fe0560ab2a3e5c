//! The program: parse, choose interactive or headless, exit code.

fn main() {}
