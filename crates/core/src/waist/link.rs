//! A connection to a PostgreSQL server: how it is made, how long an answer is waited for, what happens when it is lost.

use super::tls::{Way, way};
use std::collections::HashMap;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, NoTls, Row, Statement, Transaction};

/// What every session asks of the server: an owner that stands still in the middle of a transaction holds its locks for a shorter time
/// than its lease, so that whoever takes the zone over does not wait for it.
const SESSION: &str = "set idle_in_transaction_session_timeout = 2000; set tcp_user_timeout = 10000";

/// How long the other end may be silent before a connection counts as lost: data that nobody acknowledges, and the probes of an idle one.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a connection may take to be made, unless the address says otherwise.
const CONNECTING: Duration = Duration::from_secs(5);

/// A connection with its prepared statements, made anew when it is lost.
pub(super) struct Link {
    url: String,
    /// Absent only while the link is dropped.
    pub(super) runtime: Option<Runtime>,
    pub(super) client: Client,
    prepared: HashMap<String, Statement>,
    /// How long an answer is waited for, if not for as long as it takes.
    patience: Option<Duration>,
}

pub(super) const ALIVE: &str = "a link has its runtime until it is dropped";

/// A link may be dropped where nothing may block.
impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Link {
    pub(super) fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect(ALIVE)
    }

    pub(super) fn open(url: &str) -> Result<Self, String> {
        Self::within(url, None)
    }

    /// As [`Link::open`]; no answer is waited for longer than this, and no lock.
    pub(super) fn within(url: &str, patience: Option<Duration>) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let client = connect(&runtime, url, patience)?;
        Ok(Self { url: url.to_owned(), runtime: Some(runtime), client, prepared: HashMap::new(), patience })
    }

    /// Waits for an answer.
    fn wait<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
        wait(self.runtime(), self.patience, asked)
    }

    pub(super) fn reconnect(&mut self) -> Result<(), String> {
        if self.client.is_closed() {
            self.client = connect(self.runtime(), &self.url, self.patience)?;
            self.prepared.clear();
        }
        Ok(())
    }

    pub(super) fn prepare(&mut self, sql: &str) -> Result<Statement, String> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(sql))?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, String> {
        self.reconnect()?;
        let statement = self.prepare(sql)?;
        self.wait(self.client.execute(&statement, values))
    }

    /// Asks about one zone, which is the first value.
    pub(super) fn query_of(
        &mut self,
        zone: &str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, String> {
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![&zone];
        all.extend_from_slice(values);
        self.query(sql, &all)
    }

    pub(super) fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, String> {
        self.reconnect()?;
        let statement = self.prepare(sql)?;
        self.wait(self.client.query(&statement, values))
    }

    /// Does several things, all or none.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, String> {
        let Self { runtime, client, patience, .. } = self;
        wait(runtime.as_ref().expect(ALIVE), *patience, async {
            let transaction = client.transaction().await?;
            match work(&transaction).await {
                Ok(outcome) => transaction.commit().await.map(|()| outcome),
                Err(error) => {
                    // Now, so that it holds nothing; without a server it ends with the connection.
                    let _ = transaction.rollback().await;
                    Err(error)
                }
            }
        })
    }
}

fn wait<T>(
    runtime: &Runtime,
    patience: Option<Duration>,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, String> {
    let answered = runtime.block_on(async {
        match patience {
            Some(patience) => tokio::time::timeout(patience, asked).await.ok(),
            None => Some(asked.await),
        }
    });
    answered.ok_or("the database does not answer in time")?.map_err(|error| say(&error))
}

fn connect(runtime: &Runtime, url: &str, patience: Option<Duration>) -> Result<Client, String> {
    let Way { mut config, tls } = way(url)?;
    config
        .tcp_user_timeout(SILENCE)
        .keepalives_idle(SILENCE / 2)
        .keepalives_interval(SILENCE / 5)
        .keepalives_retries(3);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECTING);
    }
    let session = match patience {
        Some(patience) => format!("{SESSION}; set lock_timeout = {}", patience.as_millis()),
        None => SESSION.to_owned(),
    };
    wait(runtime, patience.map(|patience| patience.max(CONNECTING)), async {
        let client = match tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls).await?;
                tokio::spawn(connection);
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
        };
        client.batch_execute(&session).await?;
        Ok(client)
    })
}

pub(super) fn say(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        // What lies behind it is what an engineer needs: whose certificate was not believed, and why.
        None => std::iter::successors(std::error::Error::source(error), |below| below.source())
            .fold(error.to_string(), |text, below| format!("{text}: {below}")),
    }
}
