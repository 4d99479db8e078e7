use super::*;

#[test]
fn the_named_way_leaves_nothing_when_dropped_and_the_whole_file_when_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let names = || fs::read_dir(folder.path()).unwrap().count();

    let mut dropped = AtomicFile::begin(&path, stage_named).unwrap();
    dropped.write_all(b"half").unwrap();
    assert_eq!(names(), 1);
    drop(dropped);
    assert_eq!(names(), 0);

    for content in ["first", "second"] {
        let mut file = AtomicFile::begin(&path, stage_named).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert_eq!(names(), 1);
    }
}

#[cfg(unix)]
#[test]
fn both_ways_give_the_permissions_of_a_plainly_created_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    File::create(folder.path().join("plain")).unwrap();
    AtomicFile::create(folder.path().join("best")).unwrap().commit().unwrap();
    AtomicFile::begin(&folder.path().join("named"), stage_named).unwrap().commit().unwrap();
    assert_eq!(mode("best"), mode("plain"));
    assert_eq!(mode("named"), mode("plain"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_left_by_a_dead_process_is_taken_away_by_the_next_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    fs::write(&path, "old").unwrap();
    fs::write(folder.path().join(".model.json.isoforest-new"), "left").unwrap();
    let file = unnamed::create(folder.path()).expect("this file system has unnamed files");
    (&file).write_all(b"new").unwrap();
    unnamed::place(&file, &path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
