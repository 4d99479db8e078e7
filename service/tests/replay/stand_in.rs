//! A stand-in for the service that keeps what it was asked and answers what a test wants, failures included.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

/// One request.
#[derive(Clone)]
pub struct Asked {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    pub method: String,
    pub path: String,
    /// Null where there was none.
    pub body: Value,
}

/// An answer: status and JSON; none closes the connection instead.
pub type Answer = Option<(u16, String)>;

type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

pub struct StandIn {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    /// Answers as a service would that calls rows above 5 in the first column outliers.
    pub fn sound() -> Self {
        Self::new(|asked| Some(sound(asked)))
    }

    pub fn new(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answers): (_, Arc<Answers>) = (Arc::clone(&asked), Arc::new(answers));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (kept, answers) = (Arc::clone(&kept), Arc::clone(&answers));
                thread::spawn(move || converse(stream.unwrap(), connection, &kept, &*answers));
            }
        });
        Self { address, asked }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The bodies of POST /prediction.
    pub fn predictions(&self) -> Vec<Value> {
        self.asked().into_iter().filter(|asked| asked.path == "/prediction").map(|asked| asked.body).collect()
    }
}

pub fn sound(asked: &Asked) -> (u16, String) {
    let answer = match (&*asked.method, &*asked.path) {
        ("GET", "/health/ready") => r#"{"status":"ready"}"#.to_owned(),
        ("GET", "/model_information") => {
            r#"{"n_estimators":100,"model":{"sha256":"0123456789abcdef","feature_names":["a","b"]}}"#.to_owned()
        }
        ("POST", "/prediction") => {
            let is_outlier = asked.body["feature_vector"][0].as_f64().is_some_and(|value| value > 5.0);
            let verdict = if is_outlier { -1 } else { 1 };
            let score = if asked.body["score"] == true { r#","anomaly_score":-0.5"# } else { "" };
            format!(r#"{{"is_inlier":{verdict}{score}}}"#)
        }
        _ => return (404, r#"{"error":"nothing here"}"#.to_owned()),
    };
    (200, answer)
}

/// Requests and answers on one connection until either side has enough.
fn converse(stream: TcpStream, connection: usize, asked: &Mutex<Vec<Asked>>, answers: &Answers) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(request) = read_request(&mut reader, connection) {
        asked.lock().unwrap().push(request.clone());
        let Some((status, body)) = answers(&request) else { return };
        let head =
            format!("HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        if writer.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>, connection: usize) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { connection, method, path, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}
