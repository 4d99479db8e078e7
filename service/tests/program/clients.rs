//! Clients that are slow, large, or do not speak HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::running::{Running, get, post, send};
use crate::{eventually, folder};

#[test]
fn a_client_that_never_ends_its_request_does_not_keep_it() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let mut stuck = TcpStream::connect(service.address).unwrap();
    stuck
        .write_all(
            b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
        )
        .unwrap();
    let mut silent = TcpStream::connect(service.address).unwrap();
    silent.write_all(b"GET /health").unwrap();
    eventually("the request is there", || get(service.address, "/health/live").status == 200);
    assert_eq!(service.end("TERM").0, Some(0));
}

#[test]
fn what_is_not_http_gets_an_answer_or_a_closed_connection_and_harms_nobody() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1 << 20));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(10_000));
    let bad: [&[u8]; 8] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"MADEUP /prediction HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in bad {
        let mut stream = TcpStream::connect(service.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        // The service may close the connection before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(!answer.contains('<'), "{answer}");
        assert_eq!(post(service.address, "/prediction", r#"{"feature_vector":[1,2]}"#).status, 200);
    }
    let huge = "x".repeat(20 << 20);
    for (path, body) in [("/prediction", &huge), ("/predictions", &huge)] {
        assert_eq!(post(service.address, path, body).status, 413);
    }
}

#[test]
fn a_method_that_does_not_exist_is_405() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let answer = send(service.address, "MADEUP", "/prediction", &[], "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("OPTIONS, POST")));
    assert_eq!(answer.body, r#"{"error":"this path does not take this method; it takes OPTIONS, POST"}"#);
    assert_eq!(send(service.address, "MADEUP", "/nothing", &[], "").status, 404);
}

#[test]
fn a_body_that_comes_too_slowly_is_408() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream
        .write_all(b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{\"feature_vector\":")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.ends_with(r#"{"error":"the body did not arrive within 10 seconds"}"#), "{answer}");
}

#[test]
fn slow_bodies_do_not_take_the_places_of_others() {
    let folder = folder();
    let few = [("ISOFOREST_MAX_REQUESTS", "2"), ("ISOFOREST_MAX_BATCHES", "1")];
    let service = Running::start(&folder.path().join("model.json"), &few);
    let infer = "/v2/models/isoforest/infer";
    let slow = |path: &str| {
        let mut stream = TcpStream::connect(service.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n{{{}",
            " ".repeat(40)
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let slow: Vec<_> = ["/prediction", "/predictions", infer].into_iter().cycle().take(12).map(slow).collect();
    eventually("all of them are in work", || {
        get(service.address, "/metrics").body.contains("http_requests_in_flight 13")
    });
    let batch = r#"{"feature_vectors":[[1,2]]}"#;
    let tensor = r#"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]}]}"#;
    for (path, body) in [("/prediction", r#"{"feature_vector":[1,2]}"#), ("/predictions", batch), (infer, tensor)] {
        let answer = post(service.address, path, body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    drop(slow);
}

#[test]
fn large_bodies_wait_for_room_and_small_ones_do_not() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[("ISOFOREST_MAX_BATCHES", "1")]);
    let most = 16 << 20;
    let mut large = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {most}\r\n\r\n"
    );
    large.write_all(head.as_bytes()).unwrap();
    let body = format!(r#"{{"feature_vectors":[[1,2]]{}}}"#, " ".repeat(most - 27));
    assert_eq!(body.len(), most);
    // All of it but the end: the room for large bodies is taken.
    large.write_all(&body.as_bytes()[..most - 1]).unwrap();
    let padded = |bytes: usize| format!(r#"{{"feature_vectors":[[1,2]]{}}}"#, " ".repeat(bytes - 27));
    eventually("there is no room", || post(service.address, "/predictions", &padded(200_000)).status == 503);
    assert_eq!(post(service.address, "/predictions", &padded(60_000)).status, 200);
    large.write_all(b"}").unwrap();
    let mut answer = String::new();
    large.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    eventually("there is room again", || post(service.address, "/predictions", &padded(200_000)).status == 200);
}

#[test]
fn a_body_in_pieces_is_limited_like_any_other() {
    let folder = folder();
    let service = Running::start(&folder.path().join("model.json"), &[]);
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream
        .write_all(b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        .unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..17 {
        let _ = stream.write_all(chunk.as_bytes());
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 413 "));
}
