//! A server of sockets (WebSocket) on the loopback interface that says what a test wants.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tungstenite::{
    Message, WebSocket, accept,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// What is done on a connection.
#[derive(Clone, Debug)]
pub enum Say {
    /// A message of text.
    Text(String),
    /// The beginning of a message of text, and then the end of the connection.
    Half(String),
    /// These bytes on the wire.
    Bytes(&'static [u8]),
    /// A question whether somebody is there, whose answer is awaited.
    Ping,
    /// The same, again and again until the other side hangs up.
    Forever(&'static [u8]),
    /// The end of the connection, with these words.
    End(&'static str),
}

/// What is said to a message, given which connection it came on.
type Answering = dyn Fn(usize, &str) -> Vec<Say> + Send + Sync;

/// Serves connections side by side; it lives until the test's process ends.
#[derive(Debug)]
pub struct SocketServer {
    url: String,
    opened: Arc<AtomicUsize>,
}

impl SocketServer {
    /// Answers each message as told, which learns how many connections there were before.
    ///
    /// # Panics
    /// When the loopback interface cannot be used.
    pub fn start(answer: impl Fn(usize, &str) -> Vec<Say> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("ws://{}", listener.local_addr().expect("bound"));
        let opened = Arc::new(AtomicUsize::new(0));
        let (answer, count): (Arc<Answering>, _) = (Arc::new(answer), Arc::clone(&opened));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                thread::spawn(move || {
                    let Ok(mut socket) = accept(stream) else { return };
                    let connection = count.fetch_add(1, Ordering::SeqCst);
                    // A client that went away is its own affair.
                    let _ = serve(&mut socket, |text| answer(connection, text));
                });
            }
        });
        Self { url, opened }
    }

    /// Its address, without a path.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many sockets were opened so far.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

fn serve(
    socket: &mut WebSocket<TcpStream>,
    answer: impl Fn(&str) -> Vec<Say>,
) -> Result<(), tungstenite::Error> {
    loop {
        let Message::Text(asked) = socket.read()? else { continue };
        for say in answer(&asked) {
            match say {
                Say::Text(text) => socket.send(Message::text(text))?,
                Say::Half(text) => {
                    // A last frame of text, unmasked, whose length is told in eight bytes.
                    let mut frame = vec![0x81, 127];
                    frame.extend((text.len() as u64).to_be_bytes());
                    frame.extend(&text.as_bytes()[..text.len() / 2]);
                    return Ok(socket.get_mut().write_all(&frame)?);
                }
                Say::Bytes(bytes) => socket.get_mut().write_all(bytes)?,
                Say::Ping => {
                    socket.send(Message::Ping("there?".into()))?;
                    while !matches!(socket.read()?, Message::Pong(told) if &told[..] == b"there?") {}
                }
                Say::Forever(bytes) => loop {
                    socket.get_mut().write_all(bytes)?;
                },
                Say::End(words) => {
                    socket.close(Some(CloseFrame { code: CloseCode::Again, reason: words.into() }))?;
                    while socket.read().is_ok() {}
                    return Ok(());
                }
            }
        }
    }
}
