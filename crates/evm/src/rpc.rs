//! A node's JSON-RPC interface over HTTP.

use serde_json::{Value, json};
use tracehound_model::endpoint::{Endpoint, EndpointError};
use tracehound_net::Client;
pub use tracehound_net::{HttpError, HttpLimits};

/// Why a call has no result. `server` is scheme and host only.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address of the server is none. It is not repeated: it may hold a key.
    #[error("what was given as the node's address is none: {0}; give http://HOST:PORT or https://HOST/PATH")]
    Url(EndpointError),
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

/// A node reached by JSON-RPC.
#[derive(Debug)]
pub struct Rpc {
    client: Client,
    calls: u64,
}

impl Rpc {
    /// A node at `url`, such as `http://127.0.0.1:8545`. Nothing is sent yet.
    pub fn new(url: &str, limits: HttpLimits) -> Result<Self, RpcError> {
        let endpoint = Endpoint::parse(url).map_err(RpcError::Url)?;
        if endpoint.has_user() {
            return Err(RpcError::User(endpoint.shown().to_owned()));
        }
        Ok(Self { client: Client::new(endpoint, limits), calls: 0 })
    }

    /// Scheme and host of the node: all of its address that may be shown.
    pub fn server(&self) -> &str {
        self.client.shown()
    }

    /// Calls a method and returns its result, `null` included.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        self.calls += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": params });
        let answer = self.client.post_json("", None, request.to_string().as_bytes())?;
        match (serde_json::from_slice(&answer.body), answer.status) {
            (Ok(Value::Object(mut reply)), _) if reply.contains_key("jsonrpc") => {
                self.result(method, &mut reply)
            }
            (_, 200) => {
                Err(self.shape(method, format!("it begins with {}", self.client.excerpt(&answer.body))))
            }
            _ => Err(answer.into_error().into()),
        }
    }

    /// Reads what lies at the address itself by GET, such as the list of a Safe transaction service.
    pub fn get(&self) -> Result<Vec<u8>, RpcError> {
        Ok(self.client.get_json("")?.ok()?)
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
            let message = self.client.excerpt(message);
            return Err(RpcError::Node {
                server: self.server().to_owned(),
                method: method.to_owned(),
                code,
                message,
            });
        }
        reply.remove("result").ok_or_else(|| self.shape(method, "neither result nor error"))
    }

    fn shape(&self, method: &str, problem: impl Into<String>) -> RpcError {
        RpcError::Shape {
            server: self.server().to_owned(),
            method: method.to_owned(),
            problem: problem.into(),
        }
    }
}
