//! What of a node's answer reaches the client: answers of JSON-RPC, and nothing of the node's address.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;
use tracehound_model::endpoint::Endpoint;

/// Most bytes of an answer whose result is looked at: longer ones are data of the chain.
const SHORT: usize = 64 << 10;

/// The answer as the client may have it; `None` where it is no answer of JSON-RPC (nothing at all is one, to
/// notifications).
///
/// An error can repeat the address that was asked, and a key with it: such parts are struck. Results pass as they are, but
/// for short texts, such as a node's version.
pub(super) fn fit(body: Vec<u8>, node: &Endpoint) -> Option<Vec<u8>> {
    if body.trim_ascii().is_empty() {
        return Some(body);
    }
    let text = std::str::from_utf8(&body).ok()?;
    let answers: Vec<Answer> = if text.trim_ascii_start().starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        vec![serde_json::from_str(text).ok()?]
    };
    if answers.iter().any(|answer| !answer.answers) {
        return None;
    }
    let mut beside = answers.into_iter().flat_map(|answer| answer.beside);
    let repeats = beside.any(|(name, mut value)| is_told(&name, node) || strike(&mut value, node));
    if !repeats && (text.len() > SHORT || !is_told(text, node)) {
        return Some(body);
    }
    let mut whole: Value = serde_json::from_str(text).ok()?;
    let changed = match &mut whole {
        Value::Array(answers) => {
            // Every one of them, not only up to the first.
            answers.iter_mut().map(|answer| strike_answer(answer, node)).filter(|changed| *changed).count()
                > 0
        }
        answer => strike_answer(answer, node),
    };
    // Numbers of a result keep their digits unless there was something to strike.
    Some(if repeats || changed { whole.to_string().into_bytes() } else { body })
}

fn is_told(words: &str, node: &Endpoint) -> bool {
    node.struck(words) != words
}

/// Strikes an answer but for results that are data.
fn strike_answer(answer: &mut Value, node: &Endpoint) -> bool {
    let Value::Object(members) = answer else { return strike(answer, node) };
    let data =
        members.get("result").is_some_and(|result| result.as_str().is_none_or(|s| s.starts_with("0x")));
    let result = if data { members.remove("result") } else { None };
    let changed = strike(answer, node);
    if let (Value::Object(members), Some(result)) = (answer, result) {
        members.insert("result".to_owned(), result);
    }
    changed
}

/// Strikes every text in a value, names included; says whether there was anything to strike.
fn strike(value: &mut Value, node: &Endpoint) -> bool {
    match value {
        Value::String(text) => {
            let struck = node.struck(text).into_owned();
            let changed = struck != *text;
            *text = struck;
            changed
        }
        Value::Array(list) => {
            list.iter_mut().map(|value| strike(value, node)).filter(|changed| *changed).count() > 0
        }
        Value::Object(members) => {
            let mut changed = false;
            let taken = std::mem::take(members);
            for (name, mut value) in taken {
                changed |= strike(&mut value, node) | is_told(&name, node);
                members.insert(node.struck(&name).into_owned(), value);
            }
            changed
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An answer without its result, which can be large.
#[derive(Default)]
struct Answer {
    /// Whether there is a result or an error.
    answers: bool,
    /// Everything but the result.
    beside: Vec<(String, Value)>,
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer of JSON-RPC")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
                let mut answer = Answer::default();
                while let Some(name) = map.next_key::<String>()? {
                    answer.answers |= name == "result" || name == "error";
                    if name == "result" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        answer.beside.push((name, map.next_value()?));
                    }
                }
                Ok(answer)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Option<String> {
        let node =
            Endpoint::parse("https://node.example/v3/S3CR3T-K3Y?token=s3sam3-0p3n").expect("an address");
        fit(body.as_bytes().to_vec(), &node).map(|body| String::from_utf8(body).expect("UTF-8"))
    }

    #[test]
    fn answers_pass_as_they_are_and_nothing_else_does() {
        for body in [
            "",
            " {\"result\" :\"0x\"} \n",
            r#"[{"id":1,"result":1.50},{"id":2,"error":{"code":-32000,"message":"execution reverted","data":"0x08c379a0"}}]"#,
            // Data of the chain is no address, whatever it spells.
            r#"{"id":1,"result":{"name":"s3cr3t-k3y","big":123456789012345678901234567890}}"#,
            r#"{"id":1,"result":"0xs3cr3t-k3y"}"#,
        ] {
            assert_eq!(told(body).as_deref(), Some(body));
        }
        for body in [
            "<html>]",
            "boom",
            "null",
            "{}",
            "1",
            r#""s3cr3t-k3y""#,
            r#"{"message":"x"}"#,
            "[1]",
            "{\"result\":1",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }

    #[test]
    fn what_repeats_the_address_is_struck() {
        for body in [
            r#"{"id":1,"error":{"code":-32000,"message":"no project /v3/S3CR3T-K3Y"}}"#,
            r#"{"id":1,"error":{"code":-32000,"message":"no","data":{"at":["s3cr3t-k3y","?token=s3sam3-0p3n"]}}}"#,
            r#"{"id":1,"error":{"s3cr3t-k3y":1}}"#,
            r#"{"id":1,"error":"\u00533CR3T-K3Y"}"#,
            r#"{"id":1,"error":"s3cr3t-k3y","error":null}"#,
            r#"{"id":1,"result":"node at /v3/S3CR3T-K3Y"}"#,
            r#"{"id":1,"result":1,"path":"/v3/S3CR3T-K3Y"}"#,
            r#"[{"id":1,"result":1},{"id":2,"error":{"code":1,"message":"S3CR3T-K3Y"}}]"#,
        ] {
            let said = told(body).expect("an answer");
            let read = serde_json::from_str::<Value>(&said).expect("JSON").to_string().to_lowercase();
            assert!(
                !read.contains("s3cr3t") && !read.contains("s3sam3") && read.contains("\"id\":1"),
                "{said}"
            );
        }
    }
}
