//! Connections: so many at a time, none that says nothing for long, and none that keeps others out with half a request.
//!
//! A connection is *open* while it has not sent a whole request, from its first moment or from the first byte of a later one.
//! It may stay so for a while, and no longer however it trickles. It is *idle* when it has had an answer and has not asked again.
//! When every place is taken, the one that has been idle for longest gives up its place at once, and where none is, the one that
//! has been open for longest; requests that are being answered, and answers that are not taken yet, are left alone.

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
    waits: Arc<Waits>,
    patience: Patience,
    accepted: u64,
}

impl BoundedListener {
    /// At most `places` connections.
    pub(super) fn new(listener: TcpListener, places: usize, patience: Patience) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(places)),
            waits: Arc::default(),
            patience,
            accepted: 0,
        }
    }

    /// A place; where there is none, of the one that has been idle or open for longest, as soon as one has been for a moment.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            self.waits.send_oldest_away();
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
            waits: Arc::clone(&self.waits),
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

/// How long a connection may be open or idle before it can lose its place to another: a request that has come is taken up sooner.
const GRACE: Duration = Duration::from_millis(50);
/// How long is waited for a place before another connection is sent away.
const AGAIN: Duration = Duration::from_millis(20);

/// The connections that wait for more, by what they wait for and since when.
#[derive(Default)]
struct Waits(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    by_number: BTreeMap<u64, (Wait, Instant, Waker)>,
    sent_away: BTreeSet<u64>,
}

/// What a connection waits for, the one with the least right to its place first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    /// A next request, of which nothing has come.
    Idle,
    /// The rest of a request, or its first one.
    Open,
}

impl Waits {
    fn held(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the one that has been idle for longest to go, or the one that has been open for longest.
    fn send_oldest_away(&self) {
        let mut waiting = self.held();
        let waited = waiting.by_number.iter().filter(|(_, (_, since, _))| since.elapsed() >= GRACE);
        let oldest = waited.min_by_key(|(number, (wait, since, _))| (*wait, *since, **number));
        let Some(number) = oldest.map(|(number, _)| *number) else { return };
        if let Some((_, _, waker)) = waiting.by_number.remove(&number) {
            waiting.sent_away.insert(number);
            waker.wake();
        }
    }

    /// Whether a connection that waits for more must go. Otherwise it is woken when it must.
    fn must_go(&self, number: u64, wait: Wait, since: Instant, waker: &Waker) -> bool {
        let mut waiting = self.held();
        if waiting.sent_away.remove(&number) {
            return true;
        }
        waiting.by_number.insert(number, (wait, since, waker.clone()));
        false
    }

    /// It waits no more.
    fn leave(&self, number: u64) {
        let mut waiting = self.held();
        waiting.by_number.remove(&number);
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
    /// Nothing has come since a piece of an answer was taken, then.
    Answered(Instant),
    /// A piece of an answer is not taken yet.
    Answering,
}

/// A connection that holds its place.
pub(super) struct Connection {
    stream: TcpStream,
    number: u64,
    waits: Arc<Waits>,
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
        self.waits.leave(self.number);
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
            self.waits.leave(number);
            // The first byte of the next request begins its time.
            if !matches!(self.phase, Phase::Open(_)) && !self.answering.is_under_way() {
                self.phase = Phase::Open(Instant::now());
                let time = self.patience.request;
                self.put_off(time);
            }
            return done;
        }
        let waits = match self.phase {
            Phase::Open(since) => Some((Wait::Open, since)),
            Phase::Answered(since) => Some((Wait::Idle, since)),
            Phase::Answering => None,
        };
        match waits.filter(|_| !self.answering.is_under_way()) {
            Some((wait, since)) => {
                if self.waits.must_go(number, wait, since, cx.waker()) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            None => self.waits.leave(number),
        }
        self.ended(cx)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let begins = matches!(self.phase, Phase::Open(_));
        let (number, now) = (self.number, Instant::now());
        self.waits.leave(number);
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.phase = if done.is_ready() { Phase::Answered(now) } else { Phase::Answering };
        // Whoever serves it has asked for the next bytes before he wrote these, and does not ask again.
        if done.is_ready() && !self.answering.is_under_way() {
            self.waits.must_go(number, Wait::Idle, now, cx.waker());
        }
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
