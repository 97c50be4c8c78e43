//! Who may do what, as a reviewed text file: every role × every deed.

use std::fmt::Write;
use std::path::Path;
use yizhan_core::access::{Deed, Role, may};

#[test]
fn every_role_and_deed_is_reviewed() {
    let mut table = format!("{:24}", "role");
    Deed::ALL.iter().for_each(|deed| {
        let _ = write!(table, " {}", deed.as_str());
    });
    table.push('\n');
    for role in Role::ALL {
        let mut line = format!("{:24}", role.as_str());
        for deed in Deed::ALL {
            let mark = if may(role, deed) { "yes" } else { "." };
            let _ = write!(line, " {mark:>width$}", width = deed.as_str().len());
        }
        table.push_str(&line);
        table.push('\n');
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/zone/roles.matrix.txt");
    if std::env::var_os("YIZHAN_RENEW").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(table, reviewed, "rights changed; if they are right, renew the file with YIZHAN_RENEW=1 and review it");
}
