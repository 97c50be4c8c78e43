//! What somebody who means harm meets, and the table that says so: `docs/security.md`.

mod table;
