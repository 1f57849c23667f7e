//! A node's JSON-RPC interface over HTTP.

use std::{fmt, io::Read, time::Duration};

use serde_json::{Value, json};
use tracehound_model::endpoint::{Endpoint, EndpointError};
use ureq::{Agent, Proxy};

/// How long and how large an answer may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for one exchange, from the connection to the last byte.
    pub timeout: Duration,
    /// Bytes of an answer's body, unpacked.
    pub body: u64,
    /// How often an exchange is tried again when the server is busy (HTTP 429, 503).
    pub retries: u32,
    /// Pause before trying again; doubled each time.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), body: 16 << 20, retries: 3, pause: Duration::from_secs(1) }
    }
}

/// Why a call has no result. `server` is scheme and host only.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address of the server is none. It is not repeated: it may hold a key.
    #[error("what was given as the node's address is none: {0}; give http://HOST:PORT or https://HOST/PATH")]
    Url(EndpointError),
    /// The address of the server holds a name or a password.
    #[error("the address of {0} holds a name or password, which is not supported: use an address without")]
    User(String),
    /// The server cannot be reached, or the connection broke.
    #[error("{server}: {problem}")]
    Connection {
        /// The server.
        server: String,
        /// What went wrong.
        problem: String,
    },
    /// No complete answer in time.
    #[error("{server}: no complete answer within {} s", limit.as_secs_f32())]
    Timeout {
        /// The server.
        server: String,
        /// How long it was waited.
        limit: Duration,
    },
    /// The answer is larger than allowed.
    #[error("{server}: the answer to {method} has more than {limit} bytes")]
    TooLarge {
        /// The server.
        server: String,
        /// The method called.
        method: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// The server refuses, and not as JSON-RPC says.
    #[error("{server}: HTTP {status}: {excerpt}")]
    Status {
        /// The server.
        server: String,
        /// The status code.
        status: u16,
        /// The beginning of what it wrote.
        excerpt: String,
    },
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

/// A node reached by JSON-RPC.
pub struct Rpc {
    agent: Agent,
    endpoint: Endpoint,
    server: String,
    limits: Limits,
    calls: u64,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rpc({})", self.server)
    }
}

impl Rpc {
    /// A node at `url`, such as `http://127.0.0.1:8545`. Nothing is sent yet.
    pub fn new(url: &str, limits: Limits) -> Result<Self, RpcError> {
        let endpoint = Endpoint::parse(url).map_err(RpcError::Url)?;
        let server = endpoint.shown().to_owned();
        if endpoint.has_user() {
            return Err(RpcError::User(server));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(limits.timeout))
            .http_status_as_error(false)
            // A redirect could lead anywhere; a node never sends one.
            .max_redirects(0)
            .proxy(if endpoint.is_local() { None } else { Proxy::try_from_env() })
            .user_agent(concat!("tracehound/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), endpoint, server, limits, calls: 0 })
    }

    /// Scheme and host of the node: all of its address that may be shown.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Calls a method and returns its result, `null` included.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        self.calls += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": params });
        let (status, body) = self.patiently(method, &request.to_string())?;
        match (serde_json::from_slice(&body), status) {
            (Ok(Value::Object(mut reply)), _) if reply.contains_key("jsonrpc") => {
                self.result(method, &mut reply)
            }
            (_, 200) => Err(self.shape(method, format!("it begins with {}", self.excerpt(&body)))),
            (_, status) => {
                let excerpt = self.excerpt(&body);
                Err(RpcError::Status { server: self.server.clone(), status, excerpt })
            }
        }
    }

    /// Reads what lies at the address itself by GET, such as the list of a Safe transaction service.
    pub fn get(&self) -> Result<Vec<u8>, RpcError> {
        let request = self.agent.get(self.endpoint.exposed()).header("Accept", "application/json");
        let (status, body) = self.read("GET", request.call())?;
        if status == 200 {
            return Ok(body);
        }
        Err(RpcError::Status { server: self.server.clone(), status, excerpt: self.excerpt(&body) })
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
            let message = self.excerpt(message.as_bytes());
            return Err(RpcError::Node {
                server: self.server.clone(),
                method: method.to_owned(),
                code,
                message,
            });
        }
        reply.remove("result").ok_or_else(|| self.shape(method, "neither result nor error"))
    }

    fn shape(&self, method: &str, problem: impl Into<String>) -> RpcError {
        RpcError::Shape { server: self.server.clone(), method: method.to_owned(), problem: problem.into() }
    }

    /// Status and body.
    fn patiently(&self, method: &str, request: &str) -> Result<(u16, Vec<u8>), RpcError> {
        let mut pause = self.limits.pause;
        for _ in 0..self.limits.retries {
            let answer = self.exchange(method, request)?;
            if ![429, 503].contains(&answer.0) {
                return Ok(answer);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        self.exchange(method, request)
    }

    fn exchange(&self, method: &str, request: &str) -> Result<(u16, Vec<u8>), RpcError> {
        let post = self.agent.post(self.endpoint.exposed()).header("Content-Type", "application/json");
        self.read(method, post.send(request))
    }

    fn read(
        &self,
        method: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<(u16, Vec<u8>), RpcError> {
        let read = answer.and_then(|response| {
            let status = response.status().as_u16();
            let mut body = Vec::new();
            let mut reader = response.into_body().into_reader().take(self.limits.body + 1);
            reader.read_to_end(&mut body).map_err(ureq::Error::from)?;
            Ok((status, body))
        });
        let server = self.server.clone();
        match read {
            Ok((_, body)) if body.len() as u64 > self.limits.body => {
                Err(RpcError::TooLarge { server, method: method.to_owned(), limit: self.limits.body })
            }
            Ok(answer) => Ok(answer),
            Err(error) if is_timeout(&error) => Err(RpcError::Timeout { server, limit: self.limits.timeout }),
            Err(error) => {
                Err(RpcError::Connection { server, problem: self.excerpt(error.to_string().as_bytes()) })
            }
        }
    }

    /// The beginning of somebody else's words: what could be a key of ours struck out, on one line.
    fn excerpt(&self, words: &[u8]) -> String {
        self.endpoint.excerpt(words)
    }
}

fn is_timeout(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(_) => true,
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::TimedOut,
        _ => false,
    }
}
