//! Whatever a body holds, the answer is JSON, true or a refusal that says why.

mod oracle;

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::oracle::{ENDPOINTS, Endpoint, check};

fn endpoint() -> impl Strategy<Value = Endpoint> {
    prop::sample::select(ENDPOINTS.to_vec())
}

/// Numbers of all sizes that the forest takes, whole ones and others, and missing ones.
fn feature() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (-100.0..100.0).prop_map(Value::from),
        any::<f32>().prop_filter_map("finite", |value| value.is_finite().then(|| Value::from(f64::from(value)))),
        (-100_i64..100).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
    ]
}

fn rows() -> impl Strategy<Value = Vec<[Value; 2]>> {
    vec([feature(), feature()], 1..20)
}

/// A body that must be answered.
fn good_body(endpoint: Endpoint, rows: &[[Value; 2]], score: bool) -> Vec<u8> {
    match endpoint {
        Endpoint::Prediction => json!({"feature_vector": rows[0], "score": score}).to_string().into_bytes(),
        Endpoint::PredictionsJson => json!({"feature_vectors": rows, "score": score}).to_string().into_bytes(),
        Endpoint::Infer => {
            let data = if score { json!(rows) } else { json!(rows.concat()) };
            let input = json!({"name": "x", "shape": [rows.len(), 2], "datatype": "FP64", "data": data});
            json!({"id": "a", "inputs": [input]}).to_string().into_bytes()
        }
        Endpoint::PredictionsCsv => {
            let cell = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
            // The columns may come in any order.
            let (header, first) = if score { ("sd,mean", 1) } else { ("mean,sd", 0) };
            let lines: Vec<String> =
                rows.iter().map(|row| format!("{},{}\n", cell(&row[first]), cell(&row[1 - first]))).collect();
            format!("{header}\n{}", lines.concat()).into_bytes()
        }
    }
}

/// Any JSON, with a liking for the fields that are known.
fn some_json() -> impl Strategy<Value = Value> {
    let fields = ["feature_vector", "feature_vectors", "score", "explain", "inputs", "outputs", "id", "parameters"];
    let more = ["name", "shape", "datatype", "data", "mean", ""];
    let name = prop::sample::select([&fields[..], &more].concat());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::sample::select(vec!["FP64", "FP32", "predict", "anomaly_score", "NaN", "\u{0}", "é"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

#[test]
fn parameters_are_read_over_whatever_they_hold() {
    let body = |parameters: &[u8]| {
        let rest = br#","inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]}]}"#;
        [br#"{"parameters":"#, parameters, rest].concat()
    };
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    for parameters in [r#"{"a":1e999}"#, deep.as_str()] {
        assert_eq!(check(Endpoint::Infer, &body(parameters.as_bytes())), 200, "{parameters}");
    }
    assert_eq!(check(Endpoint::Infer, &body(b"{\"a\":\"\xff\"}")), 400);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn good_requests_are_answered(endpoint in endpoint(), rows in rows(), score: bool) {
        prop_assert_eq!(check(endpoint, &good_body(endpoint, &rows, score)), 200);
    }

    #[test]
    fn a_good_request_with_a_byte_more_less_or_changed(
        endpoint in endpoint(), rows in rows(), score: bool,
        changes in vec((any::<Index>(), 0..3, any::<u8>()), 1..4),
    ) {
        let mut body = good_body(endpoint, &rows, score);
        for (place, change, byte) in changes {
            let place = place.index(body.len());
            match change {
                0 => body.insert(place, byte),
                1 => body[place] = byte,
                _ if body.len() > 1 => { body.remove(place); }
                _ => {}
            }
        }
        check(endpoint, &body);
    }

    #[test]
    fn any_json(endpoint in endpoint(), value in some_json()) {
        check(endpoint, value.to_string().as_bytes());
    }

    #[test]
    fn any_bytes(endpoint in endpoint(), body in vec(any::<u8>(), 0..200)) {
        check(endpoint, &body);
    }

    #[test]
    fn any_text_as_csv(lines in vec("[-+0-9.eENa, \"\r]{0,12}", 0..6)) {
        check(Endpoint::PredictionsCsv, format!("mean,sd\n{}", lines.join("\n")).as_bytes());
    }
}
