//! A file appears whole or not at all, whatever happens to its writer.
#![cfg(unix)]

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use isoforest::atomic_file::{AtomicFile, AtomicFileError};

const CONTENT_BYTES: usize = 300_000;

fn write(path: impl AsRef<Path>, content: &[u8]) -> Result<(), AtomicFileError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(content).expect("the disk takes it");
    file.commit()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn nothing_is_seen_before_the_commit_and_all_of_it_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let content = vec![b'x'; CONTENT_BYTES];
    let mut file = AtomicFile::create(&path).unwrap();
    file.write_all(&content).unwrap();
    file.flush().unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(names(folder.path()).len(), 0);
    }
    file.commit().unwrap();
    assert_eq!(fs::read(&path).unwrap(), content);
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn a_dropped_file_leaves_nothing_and_the_old_one_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    fs::write(&path, "old").unwrap();
    let mut file = AtomicFile::create(&path).unwrap();
    file.write_all(b"new").unwrap();
    drop(file);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn a_replaced_file_keeps_its_permissions_and_a_new_one_has_the_usual_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().mode() & 0o7777;
    fs::write(folder.path().join("plain"), "").unwrap();
    write(folder.path().join("new"), b"new").unwrap();
    assert_eq!(mode("new"), mode("plain"));

    for bits in [0o600, 0o640, 0o755, 0o666] {
        let path = folder.path().join("replaced");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(mode("replaced"), bits);
    }
}

#[test]
fn a_link_stays_and_the_file_it_points_to_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("versions")).unwrap();
    let real = folder.path().join("versions/model-1.json");
    let link = folder.path().join("model.json");
    symlink("link-to-it", &link).unwrap();
    symlink("versions/model-1.json", folder.path().join("link-to-it")).unwrap();
    for content in ["where nothing was yet", "where a file was"] {
        write(&link, content.as_bytes()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&real).unwrap().is_file());
        assert_eq!(fs::read_to_string(&real).unwrap(), content);
    }
}

#[test]
fn links_in_a_circle_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    symlink("b", folder.path().join("a")).unwrap();
    symlink("a", folder.path().join("b")).unwrap();
    assert!(AtomicFile::create(folder.path().join("a")).is_err());
}

#[test]
fn a_relative_name_is_in_the_current_folder() {
    let error = AtomicFile::create("no-such-folder/model.json").unwrap_err();
    assert!(error.to_string().starts_with("cannot write no-such-folder/model.json: cannot make a file"), "{error}");
    // Dropped at once: the folder of the tests stays clean.
    AtomicFile::create("model.json").unwrap();
}

#[test]
fn a_folder_and_an_empty_path_are_errors_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), Path::new(""), Path::new("/"), Path::new("..")] {
        let error = AtomicFile::create(path).unwrap_err();
        assert!(matches!(error, AtomicFileError::NotAFile { .. }), "{error}");
    }
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    write("/dev/null", b"gone").unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_full_disk_is_an_error_that_names_the_path() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let mut small = AtomicFile::create("/dev/full").unwrap();
    small.write_all(b"x").unwrap();
    let error = small.commit().unwrap_err();
    assert!(error.to_string().starts_with("cannot write /dev/full: No space left"), "{error}");

    let mut large = AtomicFile::create("/dev/full").unwrap();
    let error = large.write_all(&vec![0; CONTENT_BYTES]).unwrap_err();
    assert!(error.to_string().starts_with("cannot write /dev/full: No space left"), "{error}");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn of_many_writers_one_wins_with_its_whole_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    thread::scope(|scope| {
        for byte in b'a'..=b'd' {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..20 {
                    write(path, &vec![byte; CONTENT_BYTES]).unwrap();
                    assert_whole(&fs::read(path).unwrap());
                }
            });
        }
    });
    assert_eq!(names(folder.path()).len(), 1);
}

fn assert_whole(content: &[u8]) {
    assert_eq!(content.len(), CONTENT_BYTES);
    assert!(content.iter().all(|byte| Some(byte) == content.first()));
}

#[cfg(target_os = "linux")]
mod killed {
    use super::*;

    const FOLDER: &str = "ISOFOREST_TEST_FOLDER";
    const REPLACES: &str = "ISOFOREST_TEST_REPLACES";
    const KILLS: u32 = 60;

    /// What the child processes of the tests below run until they are killed; by itself, without a folder, it has nothing to do.
    #[test]
    fn writer() {
        let Some(folder) = env::var_os(FOLDER) else { return };
        let replaces = env::var_os(REPLACES).is_some();
        println!("ready");
        for round in 0_u32.. {
            let name = if replaces { "file".to_owned() } else { format!("file-{round}") };
            write(Path::new(&folder).join(name), &vec![b'a' + (round % 26) as u8; CONTENT_BYTES]).unwrap();
        }
    }

    /// Lets a child write for the given time, then ends it with SIGKILL.
    fn write_and_kill(folder: &Path, replaces: bool, after: Duration) {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "killed::writer", "--nocapture"]).env(FOLDER, folder);
        if replaces {
            command.env(REPLACES, "1");
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The first line of the test runner or of the writer: the child lives.
        let mut seen = [0; 1];
        child.stdout.as_mut().unwrap().read_exact(&mut seen).unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "the child ended before it was killed");
    }

    /// Moments over a few rounds of the writer, at uneven distances.
    fn moments() -> impl Iterator<Item = Duration> {
        (0..KILLS).map(|kill| Duration::from_micros(u64::from(kill) * 337))
    }

    #[test]
    fn a_writer_of_new_files_leaves_whole_files_and_nothing_else() {
        let mut files = 0;
        for after in moments() {
            let folder = tempfile::tempdir().unwrap();
            write_and_kill(folder.path(), false, after);
            for name in names(folder.path()) {
                assert!(name.starts_with("file-"), "left behind: {name}");
                assert_whole(&fs::read(folder.path().join(name)).unwrap());
                files += 1;
            }
        }
        assert!(files > 0, "no writer got far enough to show anything");
    }

    #[test]
    fn a_writer_that_replaces_a_file_leaves_the_old_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, &vec![b'z'; CONTENT_BYTES]).unwrap();
        for after in moments() {
            write_and_kill(folder.path(), true, after);
            assert_whole(&fs::read(&path).unwrap());
            // The last step takes two system calls; a death between them leaves the complete content.
            for name in names(folder.path()) {
                assert!(name == "file" || name == ".file.isoforest-new", "left behind: {name}");
                assert_whole(&fs::read(folder.path().join(name)).unwrap());
            }
        }
        write(&path, &vec![b'z'; CONTENT_BYTES]).unwrap();
        assert_eq!(names(folder.path()).into_iter().collect::<Vec<_>>(), ["file"]);
    }
}
