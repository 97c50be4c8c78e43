//! A PostgreSQL server for benches and tests: in a temporary folder, on a free port of the loopback, gone with its owner.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    keeper: Child,
}

impl Cluster {
    /// Makes a server and waits until it answers.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, naming the package.
    pub fn start() -> Result<Self, String> {
        let bin = programs().ok_or("PostgreSQL is missing: apt-get install postgresql")?;
        let folder = std::env::temp_dir().join(format!("yizhan-pg-{}-{}", std::process::id(), free_port()?));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let port = free_port()?;
        let user = if is_root() { "postgres" } else { "" };
        if !user.is_empty() {
            shell(&format!("chown postgres {}", folder.display()), "")?;
        }
        let place = folder.display();
        shell(
            &format!("{}/initdb -D {place}/db -U yizhan -A trust -E UTF8 --locale=C -N >/dev/null", bin.display()),
            user,
        )?;
        let keeper = keep(&bin, &folder, port, user)?;
        Self { folder, port, keeper }.ready()
    }

    /// A second server that follows this one, and keeps whatever this one acknowledges.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn standby(&self) -> Result<Self, String> {
        let bin = programs().ok_or("PostgreSQL is missing: apt-get install postgresql")?;
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("yizhan-pg-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let user = if is_root() { "postgres" } else { "" };
        if !user.is_empty() {
            shell(&format!("chown postgres {}", folder.display()), "")?;
        }
        let (place, from) = (folder.display(), self.port);
        shell(
            &format!(
                "{}/pg_basebackup -h 127.0.0.1 -p {from} -U yizhan -D {place}/db -R -X stream -c fast",
                bin.display()
            ),
            user,
        )?;
        let keeper = keep(&bin, &folder, port, user)?;
        let standby = Self { folder, port, keeper };
        standby.wait(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        // From now on nothing is acknowledged that the standby does not have.
        self.say("alter system set synchronous_standby_names = '*'")?;
        self.say("select pg_reload_conf()")?;
        Ok(standby)
    }

    /// Ends it at once, as `pg_ctl stop -m immediate` does: nothing is written back.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn crash(&mut self) -> Result<(), String> {
        let main = self.main().ok_or("the server does not run")?;
        shell(&format!("kill -QUIT {main}"), "")?;
        drop(self.keeper.stdin.take());
        self.keeper.wait().map(drop).map_err(|error| error.to_string())
    }

    /// Starts it again where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub fn again(&mut self) -> Result<(), String> {
        let bin = programs().ok_or("PostgreSQL is missing: apt-get install postgresql")?;
        self.keeper = keep(&bin, &self.folder, self.port, if is_root() { "postgres" } else { "" })?;
        self.wait(|| self.answers())
    }

    /// Makes a standby the server.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn promote(&self) -> Result<(), String> {
        self.say("select pg_promote(true, 30)")
    }

    /// Answers under TLS from now on, with a certificate made for it: in which file that lies.
    ///
    /// # Errors
    /// When openssl is missing.
    pub fn encrypt(&self) -> Result<PathBuf, String> {
        let user = if is_root() { "postgres" } else { "" };
        let place = self.folder.join("db");
        let make = format!(
            "cd {} && openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE 2>&1 && chmod 600 server.key",
            place.display()
        );
        shell(&make, user)?;
        self.say("alter system set ssl = on")?;
        self.say("select pg_reload_conf()")?;
        Ok(place.join("server.crt"))
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn say(&self, sql: &str) -> Result<(), String> {
        let bin = programs().ok_or("PostgreSQL is missing: apt-get install postgresql")?;
        shell(
            &format!(
                "{}/psql -h 127.0.0.1 -p {} -U yizhan -d postgres -q -c \"{sql}\" >/dev/null",
                bin.display(),
                self.port
            ),
            "",
        )
    }

    fn ready(self) -> Result<Self, String> {
        self.wait(|| std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() && self.answers())?;
        Ok(self)
    }

    fn wait(&self, is_done: impl Fn() -> bool) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_done() {
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL did not start: {log}"));
            }
            pause(50);
        }
        Ok(())
    }

    /// The address of a zone where this server or its standby is the one that takes writes.
    pub fn address_with(&self, standby: &Self, zone: &str) -> String {
        format!(
            "postgres://yizhan@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write&connect_timeout=2#{zone}",
            self.port, standby.port
        )
    }

    /// The address of a zone in it.
    pub fn address(&self, zone: &str) -> String {
        format!("postgres://yizhan@127.0.0.1:{}/postgres#{zone}", self.port)
    }

    /// The CPU time its processes have used, in seconds: those that live and those that ended.
    pub fn cpu_s(&self) -> f64 {
        let Some(main) = self.main() else { return 0.0 };
        super::load::cpu_s(main, true) + children(main).map(|pid| super::load::cpu_s(pid, false)).sum::<f64>()
    }

    /// How many connections it holds.
    pub fn connections(&self) -> usize {
        let title = |pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        self.main().map_or(0, |main| children(main).filter(|pid| title(*pid).starts_with("postgres: yizhan ")).count())
    }

    fn main(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join("db/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// Lets all of it stand still, as a disk that does not answer does; or go on.
    ///
    /// # Errors
    /// When there is none.
    pub fn stand_still(&self, still: bool) -> Result<(), String> {
        let main = self.main().ok_or("the server does not run")?;
        let all = std::iter::once(main).chain(children(main)).map(|pid| pid.to_string()).collect::<Vec<_>>();
        shell(&format!("kill -{} {}", if still { "STOP" } else { "CONT" }, all.join(" ")), "")
    }

    fn answers(&self) -> bool {
        yizhan_core::waist::Engine::open(&yizhan_core::waist::Address::parse(&self.address("ready"))).is_ok()
    }
}

/// Runs the server of a folder. It ends with the keeper, and the keeper when our end of its standard input closes, however we end.
fn keep(bin: &Path, folder: &Path, port: u16, user: &str) -> Result<Child, String> {
    let place = folder.display();
    let settings = "-c listen_addresses=127.0.0.1 -c shared_buffers=256MB -c max_wal_size=4GB -c logging_collector=off";
    let keep = format!(
        "{}/postgres -D {place}/db -p {port} -k {place} {settings} >>{place}/log 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server",
        bin.display()
    );
    as_user(&keep, user).stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Waits a little for another process.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, which has no channel to us")]
pub fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// A port nobody listens on.
///
/// # Errors
/// When the machine has none.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> = versions.filter(|bin| bin.join("initdb").exists()).collect();
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

fn as_user(script: &str, user: &str) -> Command {
    let mut command;
    if user.is_empty() {
        command = Command::new("sh");
        command.arg("-c").arg(script);
    } else {
        command = Command::new("setpriv");
        command.args(["--reuid", user, "--regid", user, "--clear-groups", "sh", "-c", script]);
    }
    command.current_dir(Path::new("/"));
    command
}

fn shell(script: &str, user: &str) -> Result<(), String> {
    let output = as_user(script, user).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The processes of which another is the parent.
fn children(main: u32) -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(move |pid| parent(*pid) == Some(main))
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
