//! Databases written by earlier releases, kept for ever: every later release loads them, and their chains verify. Their
//! master keys were never kept, so nobody reads what is sealed in them.

use std::path::{Path, PathBuf};
use yizhan_core::verify::verify;
use yizhan_core::waist::{Address, Reader};
use yizhan_kit::digest::HashKind;

/// Copies a kept database, because SQLite writes beside the file it reads.
fn copy(release: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/old").join(release);
    let to = std::env::temp_dir().join(format!("yizhan-old-{release}-{}", std::process::id()));
    std::fs::create_dir_all(to.join("keys")).unwrap();
    for file in ["zone.sqlite", "keys/keys.sqlite"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    to
}

#[test]
fn what_an_earlier_release_wrote_is_read() {
    let releases: &[(&str, u64, &str)] =
        &[("0.1.0", 8, "1c8587ef9faf799980d655390ff9e4cdc914e42257bd018338855da83eb5a1c0")];
    for &(release, acts, head) in releases {
        let folder = copy(release);
        let mut reader = Reader::open(&Address::Folder(folder.clone())).unwrap();
        let report = verify(&mut reader, HashKind::Sha256, None, &[]).unwrap();
        assert_eq!((report.faults, report.acts, report.head.as_str()), (Vec::new(), acts, head));
        let _ = std::fs::remove_dir_all(folder);
    }
}
