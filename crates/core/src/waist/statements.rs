//! Every SQL statement of the program, for both engines, made from the tables' own columns. A test prepares each of them
//! on each engine, so that nothing is found wrong at the counter.

use crate::row::{
    BodyRow, FactRow, JournalRow, KeyRow, OutboxRow, Record, StepRow, SubjectRow, Table, TransferRow, Type,
};
use std::fmt::Write;

/// Which dialect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// One zone in a file; the key store is a file of its own.
    Sqlite,
    /// Many zones; every key begins with the zone; the key store is a schema of its own.
    Postgres,
}

/// The schema that holds keys on PostgreSQL, so that it can be dumped apart.
pub const KEY_SCHEMA: &str = "yizhan_keys";

/// The tables of evidence, in the order in which a group writes them.
pub const EVIDENCE: [Table; 7] = [
    SubjectRow::TABLE,
    FactRow::TABLE,
    StepRow::TABLE,
    TransferRow::TABLE,
    BodyRow::TABLE,
    OutboxRow::TABLE,
    JournalRow::TABLE,
];

/// What a store of an earlier release lacks.
pub const ADD_RULE: &str = "alter table transfer add column rule text";

/// The same for whoever only reads such a store.
pub const READ_WITHOUT_RULE: &str = "create temp view transfer as select *, null as rule from main.transfer";

/// The statements that make an empty store.
pub fn create(dialect: Dialect) -> Vec<String> {
    let mut result: Vec<String> = EVIDENCE.iter().map(|table| create_table(dialect, table)).collect();
    match dialect {
        Dialect::Sqlite => {
            result.push("create table if not exists head (zone text primary key, epoch integer not null, seq integer not null, hash blob not null) strict, without rowid".into());
        }
        Dialect::Postgres => {
            result.push("create table if not exists head (zone text primary key, epoch bigint not null, seq bigint not null, hash bytea not null)".into());
            result.push("alter table transfer add column if not exists rule text collate \"C\"".into());
            result.push(format!("create schema if not exists {KEY_SCHEMA}"));
            result.push(create_table(dialect, &KeyRow::TABLE));
            result.push(create_working(dialect).into());
            result.push(
                "create table if not exists lease (zone text primary key, owner text not null, until bigint not null)"
                    .into(),
            );
            result.push("create table if not exists member (zone text not null, instance text not null, address text not null, seq bigint not null, until bigint not null, primary key (zone, instance))".into());
            result.push(distribute());
        }
    }
    result
}

/// Distributes the tables by zone where the server has the extension Citus, all of one zone on one node; does nothing elsewhere, and
/// nothing twice.
pub fn distribute() -> String {
    let mut names: Vec<String> = EVIDENCE.iter().map(|table| table.name.to_owned()).collect();
    names.extend([format!("{KEY_SCHEMA}.key"), "head".into(), "working".into(), "lease".into(), "member".into()]);
    let first = &names[0];
    let each = names.iter().map(|name| {
        let with = if name == first { "none" } else { first };
        format!(
            "if not exists (select 1 from pg_dist_partition where logicalrel = '{name}'::regclass) then \
             perform create_distributed_table('{name}', 'zone', colocate_with => '{with}'); end if; "
        )
    });
    format!(
        "do $$ begin if exists (select 1 from pg_extension where extname = 'citus') then {}end if; end $$",
        each.collect::<String>()
    )
}

/// The statement that makes the key store where it is a file of its own.
pub fn create_keys(dialect: Dialect) -> String {
    create_table(dialect, &KeyRow::TABLE)
}

/// Working state that may be deleted: sessions, codes, drafts, what was delivered.
pub fn create_working(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "create table if not exists working (kind text not null, name text not null, value blob not null, until integer not null, primary key (kind, name)) strict, without rowid"
        }
        Dialect::Postgres => {
            "create table if not exists working (zone text not null, kind text not null, name text not null, value bytea not null, until bigint not null, primary key (zone, kind, name))"
        }
    }
}

fn create_table(dialect: Dialect, table: &Table) -> String {
    let mut sql = format!("create table if not exists {} (", place(dialect, table));
    if dialect == Dialect::Postgres {
        sql.push_str("zone text not null, ");
    }
    for (position, column) in table.columns.iter().enumerate() {
        let kind = match (dialect, column.kind) {
            (Dialect::Sqlite, Type::Int) => "integer",
            (Dialect::Postgres, Type::Int) => "bigint",
            (_, Type::Text) => "text",
            (Dialect::Sqlite, Type::Blob) => "blob",
            (Dialect::Postgres, Type::Blob) => "bytea",
        };
        let _ = write!(sql, "{} {kind}", column.name);
        match (dialect, position) {
            (Dialect::Sqlite, 0) => sql.push_str(" primary key"),
            (Dialect::Postgres, _) if column.kind == Type::Text => sql.push_str(" collate \"C\""),
            _ => {}
        }
        let by_key = dialect == Dialect::Sqlite && position == 0;
        if !(column.optional || by_key) {
            sql.push_str(" not null");
        }
        sql.push_str(", ");
    }
    match dialect {
        Dialect::Sqlite => {
            sql.truncate(sql.len() - 2);
            sql.push_str(") strict");
        }
        Dialect::Postgres => {
            let _ = write!(sql, "primary key (zone, {}))", table.columns[0].name);
        }
    }
    sql
}

/// Writes rows: one at a time on SQLite, whole columns on PostgreSQL, whose `$1` is the zone.
pub fn insert(dialect: Dialect, table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    match dialect {
        Dialect::Sqlite => {
            let slots: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
            format!("insert into {} ({}) values ({})", place(dialect, table), names.join(", "), slots.join(", "))
        }
        Dialect::Postgres => {
            let arrays: Vec<String> = table
                .columns
                .iter()
                .enumerate()
                .map(|(n, column)| {
                    let kind = match column.kind {
                        Type::Int => "bigint",
                        Type::Text => "text",
                        Type::Blob => "bytea",
                    };
                    format!("${}::{kind}[]", n + 2)
                })
                .collect();
            format!(
                "insert into {} (zone, {}) select $1, * from unnest({})",
                place(dialect, table),
                names.join(", "),
                arrays.join(", ")
            )
        }
    }
}

/// One page of a table, in order of row number: after a number, at most so many.
pub fn page(dialect: Dialect, table: &Table) -> String {
    let key = table.columns[0].name;
    match dialect {
        Dialect::Sqlite => {
            format!("select {} from {} where {key} > ?1 order by {key} limit ?2", columns(table), place(dialect, table))
        }
        Dialect::Postgres => format!(
            "select {} from {} where zone = $1 and {key} > $2 order by {key} limit $3",
            columns(table),
            place(dialect, table)
        ),
    }
}

/// One row by its number.
pub fn one(dialect: Dialect, table: &Table) -> String {
    let key = table.columns[0].name;
    match dialect {
        Dialect::Sqlite => format!("select {} from {} where {key} = ?1", columns(table), place(dialect, table)),
        Dialect::Postgres => {
            format!("select {} from {} where zone = $1 and {key} = $2", columns(table), place(dialect, table))
        }
    }
}

/// Rows by their numbers, on a server, where every question is a journey.
pub fn these(table: &Table) -> String {
    let key = table.columns[0].name;
    format!("select {} from {} where zone = $1 and {key} = any($2)", columns(table), place(Dialect::Postgres, table))
}

/// One page of the facts whose value is sealed, in order of row number.
pub fn sealed(dialect: Dialect) -> String {
    let table = FactRow::TABLE;
    let names = columns(&table);
    match dialect {
        Dialect::Sqlite => {
            format!("select {names} from {} where n > ?1 and sealed is not null order by n limit ?2", table.name)
        }
        Dialect::Postgres => format!(
            "select {names} from {} where zone = $1 and n > $2 and sealed is not null order by n limit $3",
            table.name
        ),
    }
}

/// A row and those it names as `before`, newest first. For `step` and `fact`.
pub fn backwards(dialect: Dialect, table: &Table) -> String {
    let names = columns(table);
    let joined: Vec<String> = table.columns.iter().map(|column| format!("t.{}", column.name)).collect();
    let joined = joined.join(", ");
    let name = table.name;
    match dialect {
        Dialect::Sqlite => format!(
            "with recursive past as (select {names} from {name} where n = ?1 \
             union all select {joined} from {name} t join past on t.n = past.before) select {names} from past"
        ),
        Dialect::Postgres => format!(
            "with recursive past as (select {names} from {name} where zone = $1 and n = $2 \
             union all select {joined} from {name} t join past on t.zone = $1 and t.n = past.before) select {names} from past"
        ),
    }
}

/// Destroys one key.
pub fn forget(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => "delete from key where n = ?1".into(),
        Dialect::Postgres => format!("delete from {KEY_SCHEMA}.key where zone = $1 and n = $2"),
    }
}

/// Wraps one key anew, if it is still wrapped as it was read.
pub fn rewrap(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => "update key set wrapped = ?3 where n = ?1 and wrapped = ?2".into(),
        Dialect::Postgres => {
            format!("update {KEY_SCHEMA}.key set wrapped = $4 where zone = $1 and n = $2 and wrapped = $3")
        }
    }
}

/// Reads the head of the chain.
pub fn head(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "select epoch, seq, hash from head where zone = ?1",
        Dialect::Postgres => "select epoch, seq, hash from head where zone = $1",
    }
}

/// Makes the head of a new zone, if there is none.
pub fn found(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "insert into head (zone, epoch, seq, hash) values (?1, ?3, 0, ?2) on conflict (zone) do nothing"
        }
        Dialect::Postgres => {
            "insert into head (zone, epoch, seq, hash) values ($1, $3, 0, $2) on conflict (zone) do nothing"
        }
    }
}

/// Moves the head on; it changes no row when another owner or another act came first.
pub fn advance(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "update head set seq = ?4, hash = ?5 where zone = ?1 and epoch = ?2 and seq = ?3",
        Dialect::Postgres => "update head set seq = $4, hash = $5 where zone = $1 and epoch = $2 and seq = $3",
    }
}

/// Opens a zone whose restore is over: from epoch 0 to one of its own.
pub fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "update head set epoch = ?2 where zone = ?1 and epoch = 0",
        Dialect::Postgres => "update head set epoch = $2 where zone = $1 and epoch = 0",
    }
}

/// Takes a zone over: the next epoch.
pub fn take_over(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "update head set epoch = epoch + 1 where zone = ?1",
        Dialect::Postgres => "update head set epoch = epoch + 1 where zone = $1",
    }
}

/// Reads the head once nothing that is under way can still move it: waits for a commit whose outcome is unknown.
pub fn settled_head(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => head(dialect),
        Dialect::Postgres => "select epoch, seq, hash from head where zone = $1 for update",
    }
}

/// Who owns which zone for how long, by the server's own clock, so that no instance's clock matters. On PostgreSQL only.
pub mod lease {
    /// The time of the server, in milliseconds.
    pub const NOW: &str = "select (extract(epoch from now()) * 1000)::bigint";

    /// Says that an instance (`$1` at `$2`) lives for so many milliseconds (`$3`) and how far it has followed each zone.
    pub const BEAT: &str = "insert into member (zone, instance, address, seq, until) \
         select zone, $1, $2, seq, (extract(epoch from now()) * 1000)::bigint + $3 \
         from unnest($4::text[], $5::bigint[]) as told (zone, seq) on conflict (zone, instance) \
         do update set address = excluded.address, seq = excluded.seq, until = excluded.until";

    /// Keeps what an instance owns. Whoever lapsed keeps it as long as nobody took it.
    pub const RENEW: &str = "update lease set until = (extract(epoch from now()) * 1000)::bigint + $3 \
         where zone = any($1) and owner = $2";

    /// Takes a zone (`$1`) whose lease is over, for an instance (`$2`) and so many milliseconds (`$3`).
    pub const TAKE: &str = "insert into lease (zone, owner, until) \
         values ($1, $2, (extract(epoch from now()) * 1000)::bigint + $3) \
         on conflict (zone) do update set owner = excluded.owner, until = excluded.until \
         where lease.until <= (extract(epoch from now()) * 1000)::bigint";

    /// Gives a zone back before its time.
    pub const RELEASE: &str = "update lease set owner = '', until = 0 where zone = $1 and owner = $2";

    /// Says that an instance will not beat again; those that died an hour ago are struck off with it.
    pub const LEAVE: &str = "delete from member where zone = any($1) \
         and (instance = $2 or until < (extract(epoch from now()) * 1000)::bigint - 3600000)";

    /// Who lives, how far they are and until when they are believed to live.
    pub const MEMBERS: &str = "select zone, instance, address, seq, until from member \
         where zone = any($1) and until > (extract(epoch from now()) * 1000)::bigint";

    /// Who owns what.
    pub const LEASES: &str = "select zone, owner, until from lease where zone = any($1)";

    /// How far each zone is.
    pub const HEADS: &str = "select zone, seq from head where zone = any($1)";

    /// Which zones there are.
    pub const ZONES: &str = "select zone from head order by zone";

    /// All of them.
    pub const ALL: [&str; 10] = [NOW, BEAT, RENEW, TAKE, RELEASE, LEAVE, MEMBERS, LEASES, HEADS, ZONES];
}

/// The statements on working state: put, get, delete, sweep, list.
pub fn working(dialect: Dialect) -> [&'static str; 5] {
    match dialect {
        Dialect::Sqlite => [
            "insert into working (kind, name, value, until) values (?1, ?2, ?3, ?4) \
             on conflict (kind, name) do update set value = excluded.value, until = excluded.until",
            "select value from working where kind = ?1 and name = ?2 and until > ?3",
            "delete from working where kind = ?1 and name = ?2",
            "delete from working where until <= ?1",
            "select name, value from working where kind = ?1 and until > ?2 order by name",
        ],
        Dialect::Postgres => [
            "insert into working (zone, kind, name, value, until) values ($1, $2, $3, $4, $5) \
             on conflict (zone, kind, name) do update set value = excluded.value, until = excluded.until",
            "select value from working where zone = $1 and kind = $2 and name = $3 and until > $4",
            "delete from working where zone = $1 and kind = $2 and name = $3",
            "delete from working where zone = $1 and until <= $2",
            "select name, value from working where zone = $1 and kind = $2 and until > $3 order by name",
        ],
    }
}

/// Every statement of a dialect, for the test that prepares them all.
pub fn all(dialect: Dialect) -> Vec<String> {
    let mut result = Vec::new();
    for table in EVIDENCE.iter().chain([&KeyRow::TABLE]) {
        result.extend([insert(dialect, table), page(dialect, table), one(dialect, table)]);
    }
    result.push(backwards(dialect, &StepRow::TABLE));
    result.push(backwards(dialect, &FactRow::TABLE));
    result.push(sealed(dialect));
    result.push(forget(dialect));
    result.push(rewrap(dialect));
    result.extend(
        [head(dialect), settled_head(dialect), found(dialect), begin(dialect), advance(dialect), take_over(dialect)]
            .map(String::from),
    );
    if dialect == Dialect::Postgres {
        result.extend(lease::ALL.map(String::from));
        result.extend([these(&BodyRow::TABLE), these(&KeyRow::TABLE)]);
    }
    result.extend(working(dialect).map(String::from));
    result
}

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

fn place(dialect: Dialect, table: &Table) -> String {
    if dialect == Dialect::Postgres && table.name == KeyRow::TABLE.name {
        return format!("{KEY_SCHEMA}.{}", table.name);
    }
    table.name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Dialect, all, create, distribute, lease};

    /// What a server that is spread over many machines cannot do, or not without asking all of them.
    const HINDRANCES: [&str; 8] =
        ["clock_timestamp", "random(", "references ", "serial", "nextval", "unique (", "create index", "select *"];

    #[test]
    fn every_key_begins_with_the_zone() {
        for sql in create(Dialect::Postgres).iter().filter(|sql| sql.starts_with("create table")) {
            let keyed = sql.contains("primary key (zone") || sql.contains("(zone text primary key");
            assert!(keyed, "{sql}");
        }
    }

    #[test]
    fn nothing_in_the_statements_stands_in_the_way_of_many_machines() {
        // Which zones there are is asked once, before keys are changed.
        for sql in all(Dialect::Postgres).into_iter().filter(|sql| sql != lease::ZONES) {
            let of_a_zone = sql.contains("zone = $1") || sql.contains("zone = any(") || sql.starts_with("insert into");
            assert!(of_a_zone || !sql.contains(" from ") || sql.contains("from now()"), "{sql}: of which zone?");
            assert!(!sql.starts_with("insert into") || sql.contains("(zone, "), "{sql}: into which zone?");
            for hindrance in HINDRANCES {
                assert!(!sql.contains(hindrance), "{sql}: {hindrance}");
            }
        }
    }

    #[test]
    fn every_table_is_distributed_with_the_others_of_its_zone() {
        let sql = distribute();
        for made in create(Dialect::Postgres) {
            let Some(rest) = made.strip_prefix("create table if not exists ") else { continue };
            let name = rest.split(' ').next().unwrap_or_default();
            assert!(sql.contains(&format!("create_distributed_table('{name}', 'zone'")), "{name}");
        }
    }
}
