//! A node's JSON-RPC interface, over HTTP or a WebSocket.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json, value::RawValue};
use tracehound_model::endpoint::{Endpoint, EndpointError};
use tracehound_net::{Answer, Client, Line};
pub use tracehound_net::{HttpError, HttpLimits};

/// Why a call has no result. `server` is scheme and host only.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address of the server is none. It is not repeated: it may hold a key.
    #[error(
        "what was given as the node's address is none: {0}; give http://HOST:PORT or https://HOST/PATH, or its socket: ws://HOST:PORT \
         or wss://HOST/PATH"
    )]
    Url(EndpointError),
    /// The address of the server's socket is none. It is not repeated: it may hold a key.
    #[error(
        "what was given as the address of the node's socket is none: give ws://HOST:PORT or wss://HOST/PATH"
    )]
    Socket(EndpointError),
    /// The address of the server holds a name or a password.
    #[error("the address of {0} holds a name or password, which is not supported: use an address without")]
    User(String),
    /// The exchange itself failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The node answered with an error of its own.
    #[error("{server} answers {method} with error {code}: {message}")]
    Node {
        /// The server.
        server: String,
        /// The method called.
        method: String,
        /// The JSON-RPC code.
        code: i64,
        /// Its words.
        message: String,
    },
    /// An answer that does not have the documented form.
    #[error("{server}: the answer to {method} is no JSON-RPC: {problem}")]
    Shape {
        /// The server.
        server: String,
        /// The method called.
        method: String,
        /// What is wrong with the answer.
        problem: String,
    },
}

impl RpcError {
    /// Whether the node has no time now, by HTTP status or by its own error (providers' codes and words differ).
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Http(HttpError::Busy { .. }) => true,
            Self::Http(HttpError::Status { status, .. }) => [429, 503].contains(status),
            Self::Node { code, message, .. } => {
                let says = |words: &str| message.to_ascii_lowercase().contains(words);
                [429, -32_029].contains(code)
                    || [
                        "rate limit",
                        "rate-limit",
                        "too many requests",
                        "compute units per second",
                        "request limit",
                    ]
                    .into_iter()
                    .any(says)
            }
            _ => false,
        }
    }

    /// Whether the node does not have the method, or not for us.
    pub fn is_no_such_method(&self) -> bool {
        let Self::Node { code, message, .. } = self else { return false };
        let says = |words: &str| message.to_ascii_lowercase().contains(words);
        *code == -32_601
            || *code == -32_004
            || (says("method")
                && ["not found", "not available", "not supported", "not exist", "not whitelisted"]
                    .into_iter()
                    .any(says))
    }
}

/// A question to a node: the method and its parameters.
pub type Question = (&'static str, Value);

/// The answers to several questions, in their order.
#[derive(Debug)]
pub struct Answers {
    body: String,
    each: Vec<Result<Range<usize>, Arc<RpcError>>>,
}

impl Answers {
    /// How many there are: one a question.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// The result of a question as the node wrote it, `null` included; or why there is none.
    pub fn get(&self, question: usize) -> Result<&str, &Arc<RpcError>> {
        self.each[question].as_ref().map(|range| &self.body[range.clone()])
    }
}

/// One answer among several.
#[derive(Deserialize)]
struct Reply<'a> {
    jsonrpc: Option<&'a RawValue>,
    #[serde(default)]
    id: Option<u64>,
    // `null` is a result too.
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<ToldError>,
}

#[derive(Deserialize)]
struct ToldError {
    code: i64,
    message: String,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// How questions come to a node.
#[derive(Debug)]
enum Way {
    Http(Client),
    Socket(Box<Line>),
}

/// A node reached by JSON-RPC.
#[derive(Debug)]
pub struct Rpc {
    way: Way,
    calls: u64,
}

/// Whether an address is one of a socket, by its scheme.
pub fn is_socket(url: &str) -> bool {
    let scheme = url.trim().split_once("://").map_or("", |(scheme, _)| scheme);
    ["ws", "wss"].iter().any(|own| scheme.eq_ignore_ascii_case(own))
}

/// Whether what came over a socket is for whoever asked, and not what the node tells by itself: that has a method and no id.
fn is_answer(said: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        method: Option<IgnoredAny>,
        #[serde(default)]
        id: Option<IgnoredAny>,
    }
    // A list is what a batch is answered with, though it could be read as the two fields.
    said.trim_ascii_start().first() != Some(&b'{')
        || !matches!(serde_json::from_slice(said), Ok(Told { method: Some(_), id: None }))
}

impl Rpc {
    /// A node at `url`, such as `http://127.0.0.1:8545` or `ws://127.0.0.1:8546`. Nothing is sent yet.
    ///
    /// # Errors
    /// When that is no address, or holds a name or password.
    pub fn new(url: &str, limits: HttpLimits) -> Result<Self, RpcError> {
        let parse = if is_socket(url) { Endpoint::parse_socket } else { Endpoint::parse };
        let endpoint = parse(url).map_err(RpcError::Url)?;
        if endpoint.has_user() {
            return Err(RpcError::User(endpoint.shown().to_owned()));
        }
        let way = if is_socket(url) {
            Way::Socket(Box::new(Line::new(endpoint, limits)))
        } else {
            Way::Http(Client::new(endpoint, limits))
        };
        Ok(Self { way, calls: 0 })
    }

    /// Scheme and host of the node: all of its address that may be shown.
    pub fn server(&self) -> &str {
        self.endpoint().shown()
    }

    fn endpoint(&self) -> &Endpoint {
        match &self.way {
            Way::Http(client) => client.server(),
            Way::Socket(line) => line.server(),
        }
    }

    /// Sends a request and waits for what is sent back.
    fn exchange(&mut self, request: &Value) -> Result<Answer, HttpError> {
        let request = request.to_string();
        match &mut self.way {
            Way::Http(client) => client.post_json("", None, request.as_bytes()),
            Way::Socket(line) => line.ask(&request, &is_answer),
        }
    }

    /// Leaves a socket on which came what nobody asked for: the answer may still be on its way, and is not to be taken for that to
    /// the next question.
    fn heard<T>(&mut self, told: Result<T, RpcError>) -> Result<T, RpcError> {
        if let (Err(RpcError::Shape { .. }), Way::Socket(line)) = (&told, &mut self.way) {
            line.hang_up();
        }
        told
    }

    /// Calls a method and returns its result, `null` included.
    ///
    /// # Errors
    /// When there is no answer, or none to this question; when the node refuses.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let told = self.called(method, params);
        self.heard(told)
    }

    fn called(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        self.calls += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": params });
        let answer = self.exchange(&request)?;
        match (serde_json::from_slice(&answer.body), answer.status) {
            (Ok(Value::Object(mut reply)), _) if reply.contains_key("jsonrpc") => {
                self.result(method, &mut reply)
            }
            (_, 200) => Err(self.shape(method, format!("it begins with {}", self.excerpt(&answer.body)))),
            _ => Err(answer.into_error().into()),
        }
    }

    /// Asks several questions in one request (a batch, JSON-RPC 2.0, section 6); one by itself.
    ///
    /// # Errors
    /// When the request as a whole has no answer. That one of several questions has none stands in its place among the answers.
    pub fn ask(&mut self, questions: &[Question]) -> Result<Answers, RpcError> {
        let told = self.asked(questions);
        self.heard(told)
    }

    fn asked(&mut self, questions: &[Question]) -> Result<Answers, RpcError> {
        let Some(((method, _), first)) = questions.first().zip(self.calls.checked_add(1)) else {
            return Ok(Answers { body: String::new(), each: Vec::new() });
        };
        self.calls += questions.len() as u64;
        let one = |(index, (method, params)): (usize, &Question)| json!({ "jsonrpc": "2.0", "id": first + index as u64, "method": method, "params": params });
        let request = match questions {
            [single] => one((0, single)),
            several => several.iter().enumerate().map(one).collect(),
        };
        let answer = self.exchange(&request)?;
        let Ok(body) = std::str::from_utf8(&answer.body) else {
            return Err(self.shape(method, "it is no text"));
        };
        let replies: Result<Vec<Reply<'_>>, _> = match questions {
            [_] => serde_json::from_str(body).map(|reply| vec![reply]),
            _ => serde_json::from_str(body),
        };
        let replies = match replies {
            Ok(replies) if replies.iter().all(|reply| reply.jsonrpc.is_some()) => replies,
            _ => return Err(self.no_batch(method, answer)),
        };
        let start = body.as_ptr() as usize;
        let mut each: Vec<Option<Result<Range<usize>, RpcError>>> = Vec::new();
        each.resize_with(questions.len(), || None);
        for reply in replies {
            // A node that could not even read the question answers with an error and no id (JSON-RPC 2.0, section 5).
            let alone =
                (questions.len() == 1 && reply.id.is_none() && reply.error.is_some()).then_some(first);
            let index = reply.id.or(alone).and_then(|id| usize::try_from(id.checked_sub(first)?).ok());
            let Some((method, place)) =
                index.and_then(|index| Some((questions.get(index)?.0, each.get_mut(index)?)))
            else {
                return Err(
                    self.shape(method, format!("it has another id than the questions from {first} on"))
                );
            };
            if place.is_some() {
                return Err(self.shape(method, "two answers have one id"));
            }
            *place = Some(match (reply.error, reply.result) {
                (Some(error), _) => Err(self.refused(method, error.code, &error.message)),
                (None, Some(result)) => {
                    let from = result.get().as_ptr() as usize - start;
                    Ok(from..from + result.get().len())
                }
                (None, None) => Err(self.shape(method, "neither result nor error")),
            });
        }
        let each = each
            .into_iter()
            .zip(questions)
            .map(|(told, (method, _))| {
                told.unwrap_or_else(|| Err(self.shape(method, "it is not among the answers")))
                    .map_err(Arc::new)
            })
            .collect();
        let body = String::from_utf8(answer.body).map_err(|_| self.shape(method, "it is no text"))?;
        Ok(Answers { body, each })
    }

    /// Why something is no list of answers: an error for all of them, or nothing that is known.
    fn no_batch(&self, method: &str, answer: Answer) -> RpcError {
        let single: Result<Reply<'_>, _> = serde_json::from_slice(&answer.body);
        match (single, answer.status) {
            (Ok(Reply { error: Some(error), jsonrpc: Some(_), .. }), _) => {
                self.refused(method, error.code, &error.message)
            }
            (_, 200) => self.shape(method, format!("it begins with {}", self.excerpt(&answer.body))),
            _ => answer.into_error().into(),
        }
    }

    /// Reads what lies at the address itself by GET, such as the list of a Safe transaction service.
    ///
    /// # Errors
    /// When nothing lies there; over a socket, where nothing is read so.
    pub fn get(&self) -> Result<Vec<u8>, RpcError> {
        match &self.way {
            Way::Http(client) => Ok(client.get_json("")?.ok()?),
            Way::Socket(line) => {
                let (url, reason) =
                    (line.server().shown().to_owned(), "it is a socket, and a web address is needed");
                Err(HttpError::Url { url, reason: reason.to_owned() }.into())
            }
        }
    }

    fn excerpt(&self, words: impl AsRef<[u8]>) -> String {
        self.endpoint().excerpt(words.as_ref())
    }

    fn result(&self, method: &str, reply: &mut serde_json::Map<String, Value>) -> Result<Value, RpcError> {
        let error = reply.get("error").filter(|error| !error.is_null());
        // A node that could not even read the question answers with an error and no id (JSON-RPC 2.0, section 5).
        let id = reply.get("id").unwrap_or(&Value::Null);
        if *id != json!(self.calls) && !(error.is_some() && id.is_null()) {
            return Err(self.shape(method, format!("it has another id than the question, {}", self.calls)));
        }
        if let Some(error) = error {
            let (Some(code), Some(message)) = (error["code"].as_i64(), error["message"].as_str()) else {
                return Err(self.shape(method, "an error without code and message"));
            };
            return Err(self.refused(method, code, message));
        }
        reply.remove("result").ok_or_else(|| self.shape(method, "neither result nor error"))
    }

    fn refused(&self, method: &str, code: i64, message: &str) -> RpcError {
        RpcError::Node {
            server: self.server().to_owned(),
            method: method.to_owned(),
            code,
            message: self.excerpt(message),
        }
    }

    fn shape(&self, method: &str, problem: impl Into<String>) -> RpcError {
        RpcError::Shape {
            server: self.server().to_owned(),
            method: method.to_owned(),
            problem: problem.into(),
        }
    }
}
