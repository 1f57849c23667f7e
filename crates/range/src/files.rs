//! Block files as Bitcoin Core writes them: magic, length, block, again and again.

use std::{
    fs::{File, OpenOptions, create_dir_all},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use tracehound_model::BitcoinNetwork;

use crate::{RangeError, wire::magic};

/// Largest size of one block file in bytes; Bitcoin Core's `MAX_BLOCKFILE_SIZE`.
const MAX_FILE: u64 = 128 << 20;

/// Appends blocks to `blkNNNNN.dat` files.
pub(crate) struct BlockFiles {
    dir: PathBuf,
    magic: [u8; 4],
    file: BufWriter<File>,
    file_bytes: u64,
    bytes: u64,
    paths: Vec<PathBuf>,
}

impl BlockFiles {
    pub(crate) fn create(dir: &Path, network: BitcoinNetwork) -> Result<Self, RangeError> {
        create_dir_all(dir).map_err(|source| RangeError::Io { path: dir.to_owned(), source })?;
        let (path, file) = open(dir, 0)?;
        Ok(Self {
            dir: dir.to_owned(),
            magic: magic(network),
            file,
            file_bytes: 0,
            bytes: 0,
            paths: vec![path],
        })
    }

    /// Bytes written to all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn append(&mut self, block: &[u8]) -> Result<(), RangeError> {
        let framed = block.len() as u64 + 8;
        if self.file_bytes + framed > MAX_FILE {
            self.flush()?;
            let (path, file) = open(&self.dir, self.paths.len())?;
            self.paths.push(path);
            self.file = file;
            self.file_bytes = 0;
        }
        let mut frame = [0; 8];
        frame[..4].copy_from_slice(&self.magic);
        frame[4..].copy_from_slice(&(block.len() as u32).to_le_bytes());
        let written = self.file.write_all(&frame).and_then(|()| self.file.write_all(block));
        written.map_err(|source| self.error(source))?;
        self.file_bytes += framed;
        self.bytes += framed;
        Ok(())
    }

    /// Flushes the last file and names them all.
    pub(crate) fn finish(mut self) -> Result<Vec<PathBuf>, RangeError> {
        self.flush()?;
        Ok(self.paths)
    }

    fn flush(&mut self) -> Result<(), RangeError> {
        self.file.flush().map_err(|source| self.error(source))
    }

    fn error(&self, source: std::io::Error) -> RangeError {
        let path = self.paths.last().cloned().unwrap_or_default();
        RangeError::Io { path, source }
    }
}

fn open(dir: &Path, number: usize) -> Result<(PathBuf, BufWriter<File>), RangeError> {
    let path = dir.join(format!("blk{number:05}.dat"));
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => Ok((path, BufWriter::with_capacity(1 << 20, file))),
        Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => Err(RangeError::Exists { path }),
        Err(source) => Err(RangeError::Io { path, source }),
    }
}
