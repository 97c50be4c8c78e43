//! A full disk and a kill half-way: the backup stays what it was, the next run goes on, and nothing claims to be whole
//! that is not.

use super::world::{World, file, proof, said, yizhan};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use yizhan::bench::cluster::pause;
use yizhan::bench::world::Place;

/// Runs the program where no file may grow beyond so many blocks of 512 bytes: it is killed there, or is told that there is no
/// room.
fn confined(blocks: u32, killed: bool, arguments: &[&str]) -> Output {
    let signal = if killed { "" } else { "trap '' XFSZ;" };
    let script = format!("ulimit -c 0; {signal} ulimit -f {blocks}; exec \"$@\"");
    let mut command = Command::new("dash");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_yizhan")]).args(arguments).output().unwrap()
}

fn drill(copy: &str, master: &str) -> Result<u64, String> {
    let output = yizhan(&["drill", "--from", copy, "--master-key", master]);
    let found = said(&output);
    if output.status.success() { Ok(found["acts"].as_u64().unwrap()) } else { Err(found["faults"].to_string()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_interrupted_is_what_it_was_before() {
    let world = World::begun(Place::new("interrupted", None).unwrap()).await;
    let place = |path: &Path| path.display().to_string();
    let (folder, config) = (world.place.folder.clone(), place(&world.place.config_file()));
    let (copy, master) = (place(&folder.join("copy")), place(&folder.join("master.key")));
    let data = world.place.data.clone();
    let back_up = ["backup", "--data", &data, "--config", &config, "--to", &copy];

    // The first run never gets there.
    let full = confined(64, false, &back_up);
    assert_eq!(full.status.code(), Some(2), "{}", String::from_utf8_lossy(&full.stderr));
    assert!(String::from_utf8_lossy(&full.stderr).contains("File too large"));
    let killed = confined(64, true, &back_up);
    assert_eq!(killed.status.code(), None, "killed");
    assert!(folder.join("copy/unfinished.tmp").exists(), "half a part is left");
    assert!(drill(&copy, &master).unwrap_err().contains("manifest.json"));
    assert!(yizhan(&back_up).status.success());
    let first = world.seq();
    assert_eq!(drill(&copy, &master), Ok(first));

    // A later run that does not get there leaves what was there.
    world.add_large(1).await;
    for kill in [true, false] {
        assert!(!confined(1024, kill, &back_up).status.success());
        assert_eq!(drill(&copy, &master), Ok(first));
    }
    // Killed at some moment or other.
    for _ in 0..3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yizhan"))
            .args(back_up)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !folder.join("copy/unfinished.tmp").exists() && child.try_wait().unwrap().is_none() {
            pause(1);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let acts = drill(&copy, &master).unwrap();
        assert!(acts == first || acts == world.seq());
    }
    assert!(yizhan(&back_up).status.success());
    assert_eq!(drill(&copy, &master), Ok(world.seq()));
    assert!(!folder.join("copy/unfinished.tmp").exists());

    // Two at once do not write over each other, and a part that was touched is not built upon.
    let running = std::fs::File::create(folder.join("copy/backup.lock")).unwrap();
    running.try_lock().unwrap();
    assert!(String::from_utf8_lossy(&yizhan(&back_up).stderr).contains("another run"));
    running.unlock().unwrap();
    let part = file(&folder.join("copy"), "acts-");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..1000]).unwrap();
    assert!(String::from_utf8_lossy(&yizhan(&back_up).stderr).contains("damaged"));
    std::fs::write(&part, bytes).unwrap();
    let last = world.seq();
    let _place = world.end().await;
    restore_is_interrupted(&folder, &copy, last);
}

/// A restore that was interrupted is no zone, and goes on.
fn restore_is_interrupted(folder: &Path, copy: &str, last: u64) {
    let to = Place::new("interrupted-to", None).unwrap();
    let (data, config) = (to.data.clone(), to.config_file().display().to_string());
    let restore = ["restore", "--data", &data, "--config", &config, "--from", copy];
    for kill in [true, false] {
        assert!(!confined(1000, kill, &restore).status.success());
        for command in [vec!["verify"], vec!["report", "figures"], vec!["catalog", "adopt"]] {
            let refused = yizhan(&[&command[..], &["--data", &data, "--config", &config]].concat());
            let what = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && (what.contains("interrupted") || command[0] == "report"), "{what}");
        }
    }
    assert!(yizhan(&restore).status.success());
    std::fs::copy(folder.join("master.key"), to.folder.join("master.key")).unwrap();
    let report = proof(&to);
    assert_eq!((report.faults, report.acts), (Vec::new(), last + 1));
}
