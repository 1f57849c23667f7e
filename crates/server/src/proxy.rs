//! The guard between a wallet or site and a node.
//!
//! HTTP around [`tracehound_guard::rpc`]: bodies come in, what may pass goes on to the node, and its answers come back as
//! they are, but for what could be a key in its address; what is no answer does not come back. Nothing but `POST` (and `OPTIONS` for sites that were let in) is served; no other header of a request
//! reaches the node, and of its answer only status, type and body come back.

mod access;
mod listener;
mod source;
mod spent;
mod told;
mod upstream;

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use jiff::Timestamp;
use serde_json::json;
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};
use tracehound_guard::{
    Context, Facts, Policy,
    ask::{Engine, Lists},
    chain::Chain,
    json::MAX_BYTES,
    rpc::{self, Rules},
    text::clean,
};
use tracehound_model::endpoint::EndpointError;
use tracehound_simulate::{
    LiveEngine,
    live::{self, At},
};

use self::{
    access::Access,
    listener::{Answering, BoundedListener, Patience},
    source::Source,
    upstream::{Reply, Upstream},
};

/// Bodies up to this many bytes come in without further ado; the connections are what limits them.
const SMALL_BODY: u64 = 64 << 10;
/// Most larger bodies that come in at a time.
const LARGE_BODIES: usize = 16;

/// How much is taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest wait for a whole request, from the connection or its first byte; for the node's whole answer; and for open
    /// requests at the end.
    pub timeout: Duration,
    /// Most bytes of the node's answer, unpacked.
    pub answer: u64,
    /// Longest time for executing what one body asks to send or sign.
    pub simulation: Duration,
    /// Most requests at a time.
    pub requests: usize,
    /// Most connections at a time. One more takes the place of the one that has been idle for longest, else of the one that has had
    /// half a request for longest, or waits.
    pub connections: usize,
    /// Longest silence between an answer and the next request of a connection.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            answer: 32 << 20,
            simulation: Duration::from_secs(15),
            requests: 64,
            connections: 256,
            idle: Duration::from_mins(2),
        }
    }
}

/// What a proxy is told once.
#[derive(Clone, Debug)]
pub struct Options {
    /// The node: `http` or `https`.
    pub upstream: String,
    /// Where to listen; port 0 for any free one.
    pub listen: SocketAddr,
    /// Whether others than this machine may ask.
    pub allow_remote: bool,
    /// Sites and extensions whose pages may ask: `https://app.example.org`.
    pub origins: Vec<String>,
    /// Whether what a person should look at may pass.
    pub allow_review: bool,
    /// The policy in force.
    pub policy: Policy,
    /// What is known from elsewhere. Without a time, each request is judged by the clock.
    pub facts: Facts,
    /// Lists to look addresses up in.
    pub lists: Option<Arc<dyn Lists>>,
    /// Whether the node is asked what lies on the chain, and transactions are executed on its state, before they may pass.
    pub simulate: bool,
    /// Limits.
    pub limits: Limits,
}

/// Why there is no proxy.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// The node's address cannot be used. It is not repeated: it may hold a password or a key.
    #[error("--upstream: {0}; give http://HOST:PORT or https://HOST/PATH")]
    Upstream(EndpointError),
    /// Listening on the network was not asked for.
    #[error(
        "{0} can be reached from other machines, and whoever reaches it can use your node: listen on 127.0.0.1, or add \
         --allow-remote"
    )]
    Remote(SocketAddr),
    /// An origin is not of the form browsers send.
    #[error("--origin {0:?} is no origin: scheme, host and port alone, as in https://app.example.org")]
    Origin(String),
    /// The node is on another chain than the facts.
    #[error(
        "the node is on chain {node}, and the facts speak of chain {facts}: one of them is the wrong one"
    )]
    Chain {
        /// What the node says.
        node: u64,
        /// What the facts say.
        facts: u64,
    },
    /// The port cannot be had.
    #[error("listening on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The server could not go on.
    #[error("serving: {0}")]
    Serve(std::io::Error),
}

/// Where lines for people go.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

/// A proxy that holds its port and serves nobody yet.
pub struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What every request needs.
struct Shared {
    access: Access,
    upstream: Upstream,
    policy: Policy,
    facts: Facts,
    lists: Option<Arc<dyn Lists>>,
    simulate: bool,
    allow_review: bool,
    limits: Limits,
    /// What passed, where the policy limits what may leave in a day.
    spent: Mutex<spent::Ledger>,
    permits: Arc<Semaphore>,
    /// For bodies that are large while they come in, so that half of one keeps nobody else out.
    large: Arc<Semaphore>,
    log: Log,
}

impl Proxy {
    /// Takes the port and asks the node which chain it is on, where the facts do not say.
    pub fn bind(options: Options, log: Log) -> Result<Self, ProxyError> {
        let Options { listen, allow_remote, mut facts, limits, .. } = options;
        if !listen.ip().is_loopback() && !allow_remote {
            return Err(ProxyError::Remote(listen));
        }
        let access = Access::new(listen.ip(), &options.origins)?;
        let upstream = Upstream::new(&options.upstream, limits).map_err(ProxyError::Upstream)?;
        let bound = TcpListener::bind(listen).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        });
        let (address, listener) = bound.map_err(|error| ProxyError::Listen(listen, error))?;
        match (upstream.chain_id(), facts.chain_id) {
            (Ok(node), Some(facts)) if node != facts => return Err(ProxyError::Chain { node, facts }),
            (Ok(node), _) => facts.chain_id = Some(node),
            (Err(problem), known) => {
                let known = known.map_or("not known".to_owned(), |chain| format!("{chain} by the facts"));
                log(&clean(&format!("the node does not say which chain it is on ({problem}): {known}")));
            }
        }
        if spent::is_limited(&options.policy) {
            log(
                "the policy limits what may leave in a day: counted is what passes here from now on, and what [[spent]] in --context says",
            );
        }
        let permits = Arc::new(Semaphore::new(limits.requests));
        let large = Arc::new(Semaphore::new(LARGE_BODIES));
        let Options { policy, allow_review, lists, simulate, .. } = options;
        let shared = Shared {
            access,
            upstream,
            policy,
            facts,
            lists,
            simulate,
            allow_review,
            limits,
            spent: Mutex::default(),
            permits,
            large,
            log,
        };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until interrupted (ctrl-c).
    pub fn run(self) -> Result<(), ProxyError> {
        self.run_until(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    /// Serves until `stop` is ready; requests under way are answered first.
    pub fn run_until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ProxyError> {
        let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = built.map_err(ProxyError::Serve)?;
        let Self { listener, address, shared } = self;
        let grace = shared.limits.timeout;
        let mut stop = Box::pin(stop);
        let outcome = runtime.block_on(async move {
            // Asked once before anybody is told that we listen, so that no interrupt after that is missed.
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                () = std::future::ready(()) => {}
            }
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let patience = Patience { request: shared.limits.timeout, idle: shared.limits.idle };
            let bounded = BoundedListener::new(listener, shared.limits.connections, patience);
            (shared.log)(&format!("listening on http://{address}, upstream {}", shared.upstream.shown()));
            let (told, stopping) = oneshot::channel();
            let router = Router::new().fallback(serve).with_state(shared);
            let served = axum::serve(bounded, router.into_make_service_with_connect_info::<Answering>())
                .with_graceful_shutdown(async move {
                    stop.await;
                    // Nobody listens any more when the server has ended by itself.
                    let _ = told.send(());
                });
            tokio::select! {
                outcome = async { served.await } => outcome,
                () = async {
                    let _ = stopping.await;
                    tokio::time::sleep(grace).await;
                } => Ok(()),
            }
        });
        // A node that does not answer must not hold up the end.
        runtime.shutdown_background();
        outcome.map_err(ProxyError::Serve)
    }
}

async fn serve(
    ConnectInfo(answering): ConnectInfo<Answering>,
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let origin = match shared.access.admit(&head.headers) {
        Ok(origin) => origin.cloned(),
        Err(reason) => {
            shared.log(&format!("refused a request over HTTP: {reason}"));
            return failure(StatusCode::FORBIDDEN, reason);
        }
    };
    let mut response = match head.method {
        Method::POST if head.uri.path() != "/" => failure(StatusCode::NOT_FOUND, "there is nothing but /"),
        Method::POST => post(shared, &answering, &head.headers, origin.as_ref(), body).await,
        Method::OPTIONS => preflight(),
        _ => {
            let mut response = failure(StatusCode::METHOD_NOT_ALLOWED, "JSON-RPC is asked by POST");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

async fn post(
    shared: Arc<Shared>,
    answering: &Answering,
    headers: &HeaderMap,
    origin: Option<&HeaderValue>,
    body: Body,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        // Whatever needs no such header, a page can send without asking first.
        return failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type: application/json is needed");
    }
    let busy = || failure(StatusCode::SERVICE_UNAVAILABLE, "too many requests at a time: ask again");
    let too_large = || {
        let reason = format!("the body breaks off or has more than {MAX_BYTES} bytes");
        failure(StatusCode::PAYLOAD_TOO_LARGE, &reason)
    };
    // Said beforehand, it need not be waited for.
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return too_large();
    }
    let is_small = body.size_hint().upper().is_some_and(|most| most <= SMALL_BODY);
    let held = if is_small { None } else { Some(Arc::clone(&shared.large).try_acquire_owned()) };
    if matches!(held, Some(Err(_))) {
        return busy();
    }
    let bytes = match tokio::time::timeout(shared.limits.timeout, to_bytes(body, MAX_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return too_large(),
        Err(_) => return failure(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
    };
    drop(held);
    let Ok(place) = Arc::clone(&shared.permits).try_acquire_owned() else { return busy() };
    let _answering = answering.begin();
    let site = origin.and_then(access::site);
    // Judging takes the processor and asking the node takes a thread.
    let answered = tokio::task::spawn_blocking(move || {
        let answer = shared.answer(&bytes, site);
        drop(place);
        answer
    });
    answered
        .await
        .unwrap_or_else(|_| failure(StatusCode::INTERNAL_SERVER_ERROR, "the proxy failed; nothing is known"))
}

impl Shared {
    fn log(&self, line: &str) {
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        (self.log)(&clean(&format!("{now} {line}")));
    }

    fn spent(&self) -> std::sync::MutexGuard<'_, spent::Ledger> {
        // What was noted stays noted.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges a body, asks the node what may be asked, and puts the answer together.
    #[tracing::instrument(name = "request", skip_all, fields(bytes = body.len()))]
    fn answer(&self, body: &[u8], site: Option<String>) -> Response {
        let mut facts = self.facts.clone();
        // A browser knows better than a file whose page asks.
        facts.origin = site.or(facts.origin);
        let now = facts.now.unwrap_or_else(Timestamp::now);
        facts.now = Some(now);
        let mut node = Source { upstream: &self.upstream, until: Instant::now() + self.limits.simulation };
        let shown = self.upstream.shown().to_owned();
        let engine = LiveEngine::new(&mut node, shown, At::Latest, live::Limits::default());
        let stated = facts.spent.clone();
        let judged = loop {
            let (passed, version) = self.spent().spent(&self.policy, now);
            facts.spent = [&stated[..], &passed].concat();
            let context = Context {
                lists: self.lists.as_deref(),
                engine: self.simulate.then_some(&engine as &dyn Engine),
                chain: self.simulate.then_some(&engine as &dyn Chain),
                ..Context::new(&self.policy, &facts)
            };
            let judged = tracing::info_span!("judge")
                .in_scope(|| rpc::judge(body, Rules { context, allow_review: self.allow_review }));
            // Another request may have passed meanwhile, and both together be too much.
            if !spent::is_limited(&self.policy) || self.spent().note(&judged.leaving, version, now) {
                break judged;
            }
        };
        for note in &judged.notes {
            let done = if note.passed { "passed" } else { "refused" };
            tracing::info!(method = %clean(&note.method), verdict = %note.verdict, done);
            self.log(&format!("{done} {}: {}: {}", note.method, note.verdict, note.reason));
        }
        let Some(forward) = &judged.forward else {
            return match judged.answer() {
                Some(answer) => reply(StatusCode::OK, None, answer),
                None => reply(StatusCode::NO_CONTENT, None, Vec::new()),
            };
        };
        let asked = tracing::info_span!("forward", node = self.upstream.shown())
            .in_scope(|| self.upstream.post(forward))
            .map_err(|problem| (StatusCode::BAD_GATEWAY, problem));
        let outcome =
            asked.and_then(|reply| self.upstream.fit(reply)).and_then(|Reply { status, kind, body }| {
                let joined =
                    judged.join(body).map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))?;
                Ok(reply(status, kind, joined))
            });
        outcome.unwrap_or_else(|(status, problem)| {
            self.log(&format!("not answered: {problem}"));
            let reason = format!("tracehound could not ask the node: {problem}");
            reply(status, None, judged.failure(&reason).unwrap_or_default())
        })
    }
}

fn preflight() -> Response {
    let mut response = reply(StatusCode::NO_CONTENT, None, Vec::new());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // Browsers ask this before a page of the Internet may talk to a machine at home.
    headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    response
}

/// An error before any request was read, in the form that clients of JSON-RPC understand.
fn failure(status: StatusCode, reason: &str) -> Response {
    let message = format!("refused by tracehound: {reason}");
    let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_600, "message": message}});
    reply(status, None, error.to_string().into_bytes())
}

fn reply(status: StatusCode, kind: Option<HeaderValue>, body: Vec<u8>) -> Response {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !empty {
        let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
