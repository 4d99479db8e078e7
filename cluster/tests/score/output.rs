//! The folder of the output: there when it is complete, and otherwise not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::processes::{parts_so_far, wait_for};
use crate::common::{
    expected, fail, left_beside, model, one_line_of_failure, program, program_on_a_small_disk, rows, run, scores,
    scratch, succeed, write_parquet,
};
use crate::{planned, run_plan, score};

#[test]
fn an_output_that_is_there_is_not_touched() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    let x = rows(100, 5);
    write_parquet(&path, x.view(), 100);
    let output = folder.path().join("out");
    fs::create_dir(&output).unwrap();
    // An empty folder will do.
    succeed(score(&model, path.to_str().unwrap(), &output, &[]));
    assert_eq!(scores(&output), expected(&forest, x.view()));
    let said = fail(score(&model, path.to_str().unwrap(), &output, &[]));
    assert!(said.contains("the folder is not empty"), "{said}");
    let said = fail(score(&model, path.to_str().unwrap(), &path, &[]));
    assert!(said.contains("a file is there"), "{said}");
    assert_eq!(scores(&output), expected(&forest, x.view()));
}

#[test]
fn a_link_to_a_folder_is_followed_and_a_mount_point_is_refused_before_anything_runs() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    let x = rows(100, 5);
    write_parquet(&path, x.view(), 100);
    let (empty, link) = (folder.path().join("empty"), folder.path().join("link"));
    fs::create_dir(&empty).unwrap();
    std::os::unix::fs::symlink(&empty, &link).unwrap();
    for link in [link.clone(), link.join("")] {
        succeed(score(&model, path.to_str().unwrap(), &link, &[]));
        assert_eq!(scores(&empty), expected(&forest, x.view()));
        fs::remove_dir_all(&empty).unwrap();
        fs::create_dir(&empty).unwrap();
    }

    let mounted = folder.path().join("mounted");
    fs::create_dir(&mounted).unwrap();
    let is_mounted = Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&mounted).output();
    if !is_mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("nothing can be mounted here, so no mount point is tested");
        return;
    }
    let ended = run(score(&model, path.to_str().unwrap(), &mounted, &[]));
    let in_it = mounted.join("scored");
    succeed(score(&model, path.to_str().unwrap(), &in_it, &[]));
    let found = scores(&in_it);
    assert!(Command::new("umount").arg(&mounted).status().unwrap().success());
    assert!(Command::new("mount").arg("--bind").args([&empty, &mounted]).status().unwrap().success());
    let bound = run(score(&model, path.to_str().unwrap(), &mounted, &[]));
    assert!(Command::new("umount").arg(&mounted).status().unwrap().success());
    for ended in [ended, bound] {
        let said = one_line_of_failure(&ended);
        assert!(said.contains("another file system is mounted there") && said.contains("mounted/scored"), "{said}");
    }
    assert_eq!(found, expected(&forest, x.view()));
}

#[test]
fn an_interrupted_job_leaves_nothing() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(4_000_000, 5).view(), 50_000);
    let arguments =
        score(&model, path.to_str().unwrap(), &folder.path().join("out"), &["--partitions", "80", "--threads", "4"]);
    let mut job = program(arguments).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("some parts", || parts_so_far(folder.path()) >= 2);
    assert!(job.try_wait().unwrap().is_none(), "the job was over before it was interrupted");
    assert!(Command::new("kill").arg(job.id().to_string()).status().unwrap().success());
    assert_eq!(one_line_of_failure(&job.wait_with_output().unwrap()), "terminated");
    assert_eq!(left_beside(folder.path(), &["rows.parquet", "model-16.json"]), [""; 0]);
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    for name in ["1.parquet", "2.parquet"] {
        write_parquet(&folder.path().join(name), rows(100_000, 5).view(), 100_000);
    }
    let input = folder.path().join("*.parquet");
    let arguments = score(&model, input.to_str().unwrap(), &folder.path().join("out"), &["--partitions", "1"]);
    let said = one_line_of_failure(&program_on_a_small_disk(arguments).output().unwrap());
    // The input is not to blame.
    assert!(
        said.starts_with("cannot write ") && said.ends_with("/part-00000.parquet: File too large (os error 27)"),
        "{said}"
    );
    assert_eq!(left_beside(folder.path(), &["1.parquet", "2.parquet", "model-16.json"]), [""; 0]);
}

/// What a job over a file does in this process, so that something can happen between its steps.
async fn write_parts(path: &Path, model: &Path, folder: &Path) -> Vec<fs::Metadata> {
    let plan = planned(path, model, folder).await;
    run_plan(&plan).await.unwrap();
    let mut parts: Vec<_> = fs::read_dir(folder).unwrap().map(|part| part.unwrap().path()).collect();
    parts.sort();
    parts.iter().map(|part| fs::metadata(part).unwrap()).collect()
}

#[tokio::test]
async fn a_part_that_is_there_is_not_written_again_but_one_of_another_model_is() {
    let folder = scratch();
    let (model_16, _) = model(folder.path(), 16);
    let (model_17, _) = model(folder.path(), 17);
    let path = folder.path().join("rows.parquet");
    write_parquet(&path, rows(10_000, 1).view(), 1000);
    let parts = folder.path().join("parts");
    fs::create_dir(&parts).unwrap();
    let inodes = |parts: Vec<fs::Metadata>| parts.iter().map(MetadataExt::ino).collect::<Vec<_>>();
    let first = inodes(write_parts(&path, &model_16, &parts).await);
    assert_eq!(first.len(), 2);
    assert_eq!(inodes(write_parts(&path, &model_16, &parts).await), first);
    let second = inodes(write_parts(&path, &model_17, &parts).await);
    // Each beside the one in its place, which was there meanwhile; that of another one may be free to use again.
    assert!(second.len() == 2 && second.iter().zip(&first).all(|(new, old)| new != old));
}
