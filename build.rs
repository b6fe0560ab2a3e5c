//! Gives the linker what keeps a release small in memory, each where it and this system know how to use it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=layout/functions.ld");
    let (Some(root), Some(out)) = (env::var_os("CARGO_MANIFEST_DIR"), env::var_os("OUT_DIR")) else { return };
    let (root, out) = (PathBuf::from(root), PathBuf::from(out));
    // In PROFILE/build/NAME/out: the profile for trying is linked at once instead, which takes half a minute less.
    let profile = out.ancestors().nth(3).and_then(Path::file_name);
    let linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    if !linux || profile.is_none_or(|profile| profile != "release") {
        return;
    }
    let functions = root.join("layout/functions.ld");
    let wanted = [
        // The order of functions: see layout/README.md.
        format!("-T{}", functions.display()),
        // Addresses that are adjusted at the start, as a list of 30 kB instead of 2 MB; glibc reads it from 2.36 on.
        "-Wl,-z,pack-relative-relocs".to_owned(),
    ];
    for flag in wanted.iter().filter(|flag| works(flag, &out)) {
        println!("cargo:rustc-link-arg-bin=cockpit={flag}");
    }
}

/// Whether a program of one line can be linked so, and runs: not every linker knows it, and one that does not refuses all.
fn works(flag: &str, folder: &Path) -> bool {
    let (source, program) = (folder.join("probe.rs"), folder.join("probe"));
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg(&source).arg("-o").arg(&program).arg("-C").arg(format!("link-arg={flag}"));
    if let Ok(target) = env::var("TARGET") {
        rustc.args(["--target", &target]);
    }
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={linker}"));
    }
    let good = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    good(&mut rustc) && good(&mut Command::new(program))
}
