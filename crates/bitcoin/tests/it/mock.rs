//! A server on the loopback interface that answers as a test wants, and blocks to answer with.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, ScriptBuf, Transaction, TxIn, TxMerkleNode, TxOut, absolute,
    block, hashes::Hash, script::Builder, transaction,
};

/// A request as it came in.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What goes back.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The length to state; the real one when `None`.
    pub(crate) stated_len: Option<usize>,
}

impl Response {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), stated_len: None }
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self { status, ..Self::ok(body) }
    }
}

/// Runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request, one connection at a time; `None` closes the connection without an answer.
    pub(crate) fn start(answer: impl Fn(&Request) -> Option<Response> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A client that went away is its own affair.
                let _ = serve(stream.unwrap(), &answer);
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(stream: TcpStream, answer: &impl Fn(&Request) -> Option<Response>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut request = Request { path, authorization: None, body: Vec::new() };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => request.body.resize(value.parse().unwrap(), 0),
            "authorization" => request.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    reader.read_exact(&mut request.body)?;
    let Some(response) = answer(&request) else { return Ok(()) };
    let mut stream = stream;
    let len = response.stated_len.unwrap_or(response.body.len());
    write!(stream, "HTTP/1.1 {} X\r\nContent-Length: {len}\r\nConnection: close\r\n", response.status)?;
    for (name, value) in &response.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&response.body)
}

/// A regtest block with nothing but a coinbase; `salt` tells blocks of the same height apart.
pub(crate) fn mine(prev: BlockHash, height: u32, salt: u8) -> Block {
    mine_with(prev, height, salt, 0x207f_ffff)
}

pub(crate) fn mine_with(prev: BlockHash, height: u32, salt: u8, bits: u32) -> Block {
    let coinbase = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            script_sig: Builder::new().push_int(i64::from(height)).push_slice([salt, 1]).into_script(),
            ..TxIn::default()
        }],
        output: vec![TxOut {
            value: Amount::from_sat(5_000_000_000),
            script_pubkey: ScriptBuf::from_bytes(vec![0x51]),
        }],
    };
    let mut block = Block {
        header: block::Header {
            version: block::Version::TWO,
            prev_blockhash: prev,
            merkle_root: TxMerkleNode::all_zeros(),
            time: 1_600_000_000 + height * 600,
            bits: CompactTarget::from_consensus(bits),
            nonce: 0,
        },
        txdata: vec![coinbase],
    };
    work(&mut block);
    block
}

/// Makes the header fit the transactions and gives it the work that it states.
pub(crate) fn work(block: &mut Block) {
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce += 1;
    }
}

/// `len` blocks on top of `prev`, the first one of the given height.
pub(crate) fn mine_chain(prev: BlockHash, height: u32, len: u32, salt: u8) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for i in 0..len {
        let prev = blocks.last().map_or(prev, Block::block_hash);
        blocks.push(mine(prev, height + i, salt));
    }
    blocks
}
