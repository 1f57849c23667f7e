//! A node's REST interface (`rest=1` in its configuration): no password, and blocks as they are.

use tracehound_model::{BlockHash, utxo::Header};
use tracehound_net::Client;

use super::{BlockServer, ChainInfo, HttpLimits, LiveError, connect, rpc::BlockchainInfo, told};
use crate::parse::{HEADER_LEN, block_hash};

/// Headers that a node gives at once.
const MOST_HEADERS: u32 = 2_000;

/// A node reached by REST.
#[derive(Debug)]
pub struct NodeRest {
    http: Client,
}

impl NodeRest {
    /// A node at `url`, such as `http://127.0.0.1:8332`. Nothing is sent yet.
    pub fn new(url: &str, limits: HttpLimits) -> Result<Self, LiveError> {
        Ok(Self { http: connect(url, limits)? })
    }

    /// The headers of up to `count` blocks (2,000 at most) of the best chain, from the block `from` on; none when
    /// `from` is not on it. Each is checked to follow the one before.
    pub fn headers(&self, from: &BlockHash, count: u32) -> Result<Vec<(BlockHash, Header)>, LiveError> {
        let path = format!("/rest/headers/{from}.bin?count={}", count.clamp(1, MOST_HEADERS));
        let Some(bytes) = self.http.get(&path)?.found()? else { return Ok(Vec::new()) };
        let (headers, rest) = bytes.as_chunks::<HEADER_LEN>();
        if !rest.is_empty() {
            return Err(LiveError::shape(
                path,
                format!("{} bytes are no headers of 80 bytes each", bytes.len()),
            ));
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|bytes| {
                let header = Header(*bytes);
                (block_hash(&header), header)
            })
            .collect();
        let first = headers.first().is_none_or(|(hash, _)| hash == from);
        if !first || headers.windows(2).any(|pair| pair[1].1.prev() != pair[0].0) {
            return Err(LiveError::shape(path, "the headers do not follow each other"));
        }
        Ok(headers)
    }
}

impl BlockServer for NodeRest {
    fn chain_info(&self) -> Result<ChainInfo, LiveError> {
        let path = "/rest/chaininfo.json";
        let body = self.http.get(path)?.ok()?;
        let info = serde_json::from_slice(&body).map_err(|error| LiveError::json(path, &error));
        told(&self.http, info.and_then(|info: BlockchainInfo| info.try_into()))
    }

    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError> {
        let path = format!("/rest/blockhashbyheight/{height}.bin");
        let Some(body) = self.http.get(&path)?.found()? else { return Ok(None) };
        let hash = body.try_into().map_err(|_| LiveError::shape(path, "a block id has 32 bytes"))?;
        Ok(Some(BlockHash(hash)))
    }

    fn block(&self, hash: &BlockHash) -> Result<Vec<u8>, LiveError> {
        Ok(self.http.get(&format!("/rest/block/{hash}.bin"))?.ok()?)
    }
}
