//! What of a node's answer reaches the client: answers of JSON-RPC, and nothing of the node's address.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use tracehound_model::endpoint::Endpoint;

/// The answer as the client may have it; `None` where it is no answer of JSON-RPC (nothing at all is one, to
/// notifications).
///
/// An answer can repeat the address that was asked, and a key with it: such parts are struck from every text in it, at
/// whatever depth, names of members included. In a result that is data of the chain, only what is surely a key is; every
/// byte that is in no such text stays as it came.
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
    if answers.iter().any(|answer| !answer.0) {
        return None;
    }
    // A text with a backslash may spell a key in another way.
    if !text.contains('\\') && !is_told(text, node) {
        return Some(body);
    }
    Some(struck(text, node).map_or(body, String::into_bytes))
}

fn is_told(text: &str, node: &Endpoint) -> bool {
    node.struck(text) != text
}

/// JSON without what its texts repeat of the node's address; `None` where they repeat nothing. `json` is well-formed: an
/// answer, or a list of them.
fn struck(json: &str, node: &Endpoint) -> Option<String> {
    let answers_at = if json.trim_ascii_start().starts_with('[') { 2 } else { 1 };
    let mut out = String::new();
    let mut done = 0;
    let (mut depth, mut in_result) = (0_usize, false);
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                in_result &= depth >= answers_at;
            }
            b',' if depth == answers_at => in_result = false,
            b'"' => {
                let end = end_of_text(json.as_bytes(), at);
                let literal = &json[at..end];
                let text: String = serde_json::from_str(literal).ok()?;
                let is_name =
                    depth == answers_at && !in_result && json[end..].trim_ascii_start().starts_with(':');
                // A result that is nothing but words is what the node says of itself, such as its version.
                let is_data = in_result && (depth > answers_at || text.starts_with("0x"));
                let fit: Cow<'_, str> =
                    if is_data { node.struck_from_data(&text) } else { node.struck(&text) };
                if fit != text {
                    out.push_str(&json[done..at]);
                    out.push_str(&serde_json::to_string(&fit).ok()?);
                    done = end;
                }
                in_result |= is_name && text == "result";
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (done > 0).then(|| out + &json[done..])
}

/// Behind the closing quote of the text that begins at `begin`.
fn end_of_text(json: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

/// An answer without what is in it, which can be large: whether there is a result or an error.
struct Answer(bool);

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer of JSON-RPC")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
                let mut answers = false;
                while let Some(name) = map.next_key::<String>()? {
                    answers |= name == "result" || name == "error";
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(Answer(answers))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn told(body: &str) -> Option<String> {
        let node = Endpoint::parse("https://node.example/v3/mainnet/deadbeef/S3CR3T-K3Y?token=s3sam3-0p3n")
            .expect("an address");
        fit(body.as_bytes().to_vec(), &node).map(|body| String::from_utf8(body).expect("UTF-8"))
    }

    #[test]
    fn answers_pass_as_they_are_and_nothing_else_does() {
        for body in [
            "",
            " {\"result\" :\"0x\"} \n",
            r#"[{"id":1,"result":1.50},{"id":2,"error":{"code":-32000,"message":"execution reverted","data":"0x08c379a0"}}]"#,
            // What is in data by chance is no key: a word, a short number.
            r#"{"id":1,"result":{"token":"mainnet","input":"0xdeadbeef","big":123456789012345678901234567890}}"#,
            r#"{"id":1,"result":"0x006d61696e6e657400"}"#,
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
            r#"{"id":1,"result":"0xs3cr3t-k3y"}"#,
            r#"{"result":{"a":[{"b":["x","s3cr3t-k3y"]}],"result":1},"id":1}"#,
            r#"{"id":1,"result":{"s3cr3t-k3y":1}}"#,
            r#"{"id":1,"result":["\u00533cr3t-k3y\/", {"n":"/v3/S3CR3T-K3Y"}]}"#,
            r#"{"id":1,"result":"0x005333435233542d4b3359"}"#,
            r#"{"id":1,"result":"at 5333435233542d4b3359, asked"}"#,
            r#"{"id":1,"error":{"code":-32000,"message":"0x2f5333435233542D4B3359"}}"#,
            r#"[{"id":1,"result":1},{"id":2,"error":{"code":1,"message":"S3CR3T-K3Y"}}]"#,
        ] {
            let said = told(body).expect("an answer");
            let read = serde_json::from_str::<Value>(&said).expect("JSON").to_string().to_lowercase();
            assert!(
                !read.contains("s3cr3t")
                    && !read.contains("s3sam3")
                    && !read.contains("533343523354")
                    && read.contains("\"id\":1"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_is_beside_a_key_keeps_its_bytes() {
        let long = format!("0x{}", "ab".repeat(60_000));
        let body = format!(
            r#"[ {{"id":1, "result":{{"n":1e400,"big":123456789012345678901234567890,"a":"{long}","k":"at S3CR3T-K3Y."}}}}]"#
        );
        let said = told(&body).expect("an answer");
        assert_eq!(said, body.replace("S3CR3T-K3Y", "…"));
    }
}
