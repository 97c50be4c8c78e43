//! Puts the catalog, the built console and the help pages inside the program: for each folder a list of names and bytes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the manifest's folder")).join("../..");
    let mut code = String::new();
    for (list, folder) in
        [("CATALOG", "catalog"), ("CONSOLE", "web/dist"), ("HELP", "docs/help"), ("POSTERS", "web/posters")]
    {
        let folder = root.join(folder);
        let mut files = Vec::new();
        walk(&folder, &mut files);
        files.sort();
        let _ = writeln!(code, "pub static {list}: &[(&str, &[u8])] = &[");
        for file in files {
            let name = file.strip_prefix(&folder).expect("found below it").display().to_string();
            let place = file.canonicalize().expect("found a moment ago");
            let _ = writeln!(code, "({name:?}, include_bytes!({:?})),", place.display().to_string());
        }
        code.push_str("];\n");
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let out = Path::new(&std::env::var("OUT_DIR").expect("cargo names an output folder")).join("inside.rs");
    std::fs::write(out, code).expect("cargo's output folder can be written");
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}
