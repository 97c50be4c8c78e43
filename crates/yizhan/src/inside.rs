//! What the program carries inside: the catalog it comes with, the built console, the help pages. See `build.rs`.
#![allow(missing_docs, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/inside.rs"));

/// A file by name.
pub fn find(list: &'static [(&'static str, &'static [u8])], name: &str) -> Option<&'static [u8]> {
    list.iter().find(|(found, _)| *found == name).map(|(_, bytes)| *bytes)
}
