//! Connections: so many at a time, none that says nothing for long, and none that keeps others out with half a request.
//!
//! A connection is *open* while it has not sent a whole request, from its first moment or from the first byte of a later one.
//! It may stay so for a while, and no longer however it trickles. When every place is taken, the one that has been open for
//! longest gives up its place at once; requests that are being answered, and connections that have had an answer and wait for
//! their next question, are left alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep, timeout},
};

/// How long a connection may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the first moment or byte of a request to its last byte.
    pub request: Duration,
    /// Between an answer and the next question, and for each piece of an answer to be taken.
    pub idle: Duration,
}

/// Takes a connection when there is a place for it; until then the system lets it wait.
pub(super) struct BoundedListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    open: Arc<Open>,
    patience: Patience,
    accepted: u64,
}

impl BoundedListener {
    /// At most `places` connections.
    pub(super) fn new(listener: TcpListener, places: usize, patience: Patience) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(places)),
            open: Arc::default(),
            patience,
            accepted: 0,
        }
    }

    /// A place; where there is none, of the one that has been open for longest, as soon as one has been for a moment.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            self.open.send_oldest_away();
            if let Ok(place) = timeout(AGAIN, Arc::clone(&self.places).acquire_owned()).await {
                return place.ok();
            }
        }
    }
}

impl Listener for BoundedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // Taken first, so that nobody is sent away for a connection that is not there.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let place = self.place().await;
        self.accepted += 1;
        let connection = Connection {
            stream,
            number: self.accepted,
            open: Arc::clone(&self.open),
            phase: Phase::Open(Instant::now()),
            answering: Answering::default(),
            patience: self.patience,
            end: Box::pin(sleep(self.patience.request)),
            _place: place,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// How long a connection may be open before it can lose its place to another: a request that has come is taken up sooner.
const GRACE: Duration = Duration::from_millis(50);
/// How long is waited for a place before another connection is sent away.
const AGAIN: Duration = Duration::from_millis(20);

/// The open connections that wait for more, by age.
#[derive(Default)]
struct Open(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_age: BTreeMap<u64, (Instant, Waker)>,
    sent_away: BTreeSet<u64>,
}

impl Open {
    fn held(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the oldest to go.
    fn send_oldest_away(&self) {
        let mut waiting = self.held();
        let oldest = waiting.by_age.iter().find(|(_, (since, _))| since.elapsed() >= GRACE);
        let Some(number) = oldest.map(|(number, _)| *number) else { return };
        if let Some((_, waker)) = waiting.by_age.remove(&number) {
            waiting.sent_away.insert(number);
            waker.wake();
        }
    }

    /// Whether an open connection that waits for more must go. Otherwise it is woken when it must.
    fn must_go(&self, number: u64, since: Instant, waker: &Waker) -> bool {
        let mut waiting = self.held();
        if waiting.sent_away.remove(&number) {
            return true;
        }
        waiting.by_age.insert(number, (since, waker.clone()));
        false
    }

    /// It waits no more, or is no longer open.
    fn leave(&self, number: u64) {
        let mut waiting = self.held();
        waiting.by_age.remove(&number);
        waiting.sent_away.remove(&number);
    }
}

/// Whether a connection's request is there and being answered: then how long that takes is another's business.
#[derive(Clone, Debug, Default)]
pub(super) struct Answering(Arc<AtomicBool>);

impl Answering {
    /// From now on until the result is dropped.
    pub(super) fn begin(&self) -> impl Drop + use<> {
        self.0.store(true, Ordering::SeqCst);
        Answered(self.clone())
    }

    fn is_under_way(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

struct Answered(Answering);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, BoundedListener>> for Answering {
    fn connect_info(stream: IncomingStream<'_, BoundedListener>) -> Self {
        stream.io().answering.clone()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A whole request has not come, since then.
    Open(Instant),
    /// It has had an answer, and has not asked again.
    Answered,
}

/// A connection that holds its place.
pub(super) struct Connection {
    stream: TcpStream,
    number: u64,
    open: Arc<Open>,
    phase: Phase,
    answering: Answering,
    patience: Patience,
    /// When it is closed, if nothing happens until then.
    end: Pin<Box<Sleep>>,
    /// `None` if there were no places to give any more, which does not happen: they are never closed.
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn put_off(&mut self, time: Duration) {
        self.end.as_mut().reset(Instant::now() + time);
    }

    /// Waits for the end. For one that is being answered there is none.
    fn ended<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.answering.is_under_way() {
            return Poll::Pending;
        }
        self.end.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.open.leave(self.number);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(cx, into);
        let number = self.number;
        if done.is_ready() {
            self.open.leave(number);
            // The first byte of the next request begins its time.
            if self.phase == Phase::Answered && !self.answering.is_under_way() {
                self.phase = Phase::Open(Instant::now());
                let time = self.patience.request;
                self.put_off(time);
            }
            return done;
        }
        match self.phase {
            Phase::Open(since) if !self.answering.is_under_way() => {
                if self.open.must_go(number, since, cx.waker()) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            _ => self.open.leave(number),
        }
        self.ended(cx)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let begins = self.phase != Phase::Answered;
        if begins {
            self.phase = Phase::Answered;
            let number = self.number;
            self.open.leave(number);
        }
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if begins || done.is_ready() {
            let idle = self.patience.idle;
            self.put_off(idle);
        }
        if done.is_ready() { done } else { self.ended(cx) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is kept back here, so a flush that succeeds is no sign of life.
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
