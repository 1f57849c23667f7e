//! Which files hold blocks, of which network, and how they are obfuscated.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use tracehound_model::{BitcoinNetwork, utxo::Header};

use crate::{
    network::{Params, has_own_work, name_of, network_of},
    parse::{HEADER_LEN, MAX_BLOCK_WEIGHT, block_hash},
    problem::{ProblemKind, Problems},
};

/// Why a source of blocks cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder holds nothing that looks like blocks.
    #[error("{}: no block files here (blk*.dat, *.blk or *.raw); name Bitcoin Core's `blocks` folder", .0.display())]
    NoBlocks(PathBuf),
    /// A block file, as named by a node, in which no block was written yet.
    #[error(
        "{}: this block file holds no block: it is empty, or holds only the room that a node reserves", .0.display()
    )]
    Empty(PathBuf),
    /// A file that was named is no block file.
    #[error(
        "{}: begins with {first}, neither a known network's magic nor a block header \
         (a file that Bitcoin Core obfuscated needs its xor.dat beside it)", path.display()
    )]
    NotBlocks {
        /// The file.
        path: PathBuf,
        /// Its first bytes, hexadecimal, after de-obfuscation.
        first: String,
    },
    /// A file that Bitcoin Core obfuscated, without the key.
    #[error(
        "{}: holds blocks of {name} that Bitcoin Core obfuscated, and the key to them, xor.dat, is not beside it; \
         copy xor.dat from the same folder as the file", path.display()
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
        /// The network whose blocks come to light with the key that the first block gives away.
        name: &'static str,
    },
    /// `xor.dat` is not a key.
    #[error("{}: {len} bytes long, an obfuscation key has 8", path.display())]
    XorKey {
        /// The key's file.
        path: PathBuf,
        /// Its length.
        len: u64,
    },
    /// Only single blocks without a magic are there, and no network was named.
    #[error("{}: a single block does not say its network; name it with --network", .0.display())]
    NetworkUnknown(PathBuf),
    /// Blocks of a chain that is not Bitcoin, or of a network that is not supported.
    #[error("{}: holds blocks of {name}, which this reader does not take", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The chain's name.
        name: &'static str,
    },
    /// All blocks are of networks other than the one asked for.
    #[error("{}: holds blocks of {found}, and {wanted} was asked for; change --network or the path", path.display())]
    WrongNetwork {
        /// The first such file.
        path: PathBuf,
        /// The network of its blocks.
        found: &'static str,
        /// The network that was asked for.
        wanted: &'static str,
    },
    /// Blocks of several networks, and none was asked for.
    #[error(
        "{}, byte {offset}: a block of {found} among blocks of {expected}; \
         name the one you want with --network", path.display()
    )]
    MixedNetworks {
        /// The file.
        path: PathBuf,
        /// Where the other network's block begins.
        offset: u64,
        /// The other network.
        found: &'static str,
        /// The network of the blocks before.
        expected: &'static str,
    },
}

impl SourceError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// How blocks lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Blocks one behind the other, each behind its network's magic and its length.
    Framed,
    /// One block and nothing else.
    Single,
    /// Undo records: the outputs that the blocks of the file of the same number spend.
    Undo,
}

/// The 8 bytes that Bitcoin Core 28 and later combines with everything in its block and undo files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct XorKey([u8; 8]);

impl XorKey {
    /// Removes the obfuscation of `bytes`, which begin at byte `at` of their file.
    pub(crate) fn apply(self, bytes: &mut [u8], at: u64) {
        if self.0 == [0; 8] {
            return;
        }
        let key = self.at(at);
        let word = u64::from_ne_bytes(key);
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for bytes in words {
            *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(key) {
            *byte ^= key;
        }
    }

    /// What a file's untouched zeros from byte `at` on read as, once "de-obfuscated".
    pub(crate) fn at(self, at: u64) -> [u8; 8] {
        let mut key = self.0;
        key.rotate_left((at % 8) as usize);
        key
    }

    /// Whether `bytes`, de-obfuscated from byte `at` on, were zeros in the file: space that was reserved, not written.
    pub(crate) fn is_untouched(self, bytes: &[u8], at: u64) -> bool {
        let key = self.at(at);
        bytes.chunks(8).all(|chunk| *chunk == key[..chunk.len()])
    }
}

/// One file of a source.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub(crate) path: Arc<Path>,
    pub(crate) len: u64,
    pub(crate) kind: FileKind,
    pub(crate) key: XorKey,
}

impl SourceFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it had when the source was opened; what is appended later is not read.
    pub fn byte_len(&self) -> u64 {
        self.len
    }

    /// What it holds.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Folder, name and number that a file of blocks and its file of undo records have in common.
    pub(crate) fn twin_key(&self) -> Option<(&Path, &str, &str)> {
        let prefix = if self.kind == FileKind::Undo { "rev" } else { "blk" };
        let (before, digits) = core_name(&self.path, prefix)?;
        Some((self.path.parent()?, before, digits))
    }
}

/// Reads at any place of one file and removes the obfuscation.
pub(crate) struct FileReader {
    file: File,
    key: XorKey,
}

impl FileReader {
    pub(crate) fn open(source: &SourceFile) -> io::Result<Self> {
        Ok(Self { file: File::open(&source.path)?, key: source.key })
    }

    /// Fills `out` from byte `at` on; fails when the file has fewer bytes.
    pub(crate) fn read_exact_at(&mut self, at: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(out)?;
        self.key.apply(out, at);
        Ok(())
    }
}

/// Files that hold the blocks of one Bitcoin network.
#[derive(Clone, Debug)]
pub struct BlockSource {
    pub(crate) params: Params,
    /// Whether the caller named the network; blocks of others are then passed over instead of refused.
    pub(crate) chosen: bool,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) problems: Problems,
}

impl BlockSource {
    /// Finds the block files at `paths`: each a file, a `blocks` folder, a node's data folder, or a folder of
    /// files named `*.dat`, `*.blk` or `*.raw`.
    ///
    /// The network is `network`, else that of the first file's first block. Reads the first bytes of each file and no
    /// more. Files keep the order given; those of a folder are taken by name.
    pub fn open<P: AsRef<Path>>(paths: &[P], network: Option<BitcoinNetwork>) -> Result<Self, SourceError> {
        let mut finder =
            Finder { wanted: network, files: Vec::new(), magics: Vec::new(), problems: Problems::default() };
        for path in paths {
            finder.add(path.as_ref())?;
        }
        let named = finder.magics.iter().find_map(|(path, magic)| Some((path, (*magic)?)));
        let params = match (network, named) {
            (Some(network), _) => Params::of(network),
            (None, Some((path, magic))) => Params::of(network_of(magic).ok_or_else(|| {
                let name = name_of(magic).unwrap_or("an unknown network");
                SourceError::Unsupported { path: path.to_path_buf(), name }
            })?),
            (None, None) => {
                let first = finder.files.iter().find(|file| file.kind != FileKind::Undo);
                let path = first.map_or_else(
                    || paths.first().map(|p| p.as_ref().to_owned()),
                    |f| Some(f.path.to_path_buf()),
                );
                let path = path.unwrap_or_default();
                return Err(match first {
                    Some(file) if file.kind == FileKind::Single => SourceError::NetworkUnknown(path),
                    Some(_) => SourceError::Empty(path),
                    None => SourceError::NoBlocks(path),
                });
            }
        };
        Ok(Self { params, chosen: network.is_some(), files: finder.files, problems: finder.problems })
    }

    /// The network whose blocks are read.
    pub fn network(&self) -> BitcoinNetwork {
        self.params.network
    }

    /// The files, in reading order.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Bytes in files of blocks (undo files not counted).
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().filter(|file| file.kind != FileKind::Undo).map(|file| file.len).sum()
    }
}

/// Collects files while `open` looks around.
struct Finder {
    wanted: Option<BitcoinNetwork>,
    files: Vec<SourceFile>,
    /// The magic each file of frames begins with, where it is a known one.
    magics: Vec<(Arc<Path>, Option<[u8; 4]>)>,
    problems: Problems,
}

impl Finder {
    fn add(&mut self, path: &Path) -> Result<(), SourceError> {
        if !fs::metadata(path).map_err(SourceError::io(path))?.is_dir() {
            return self.add_file(path);
        }
        let network_folder = self.wanted.map_or("", |network| Params::of(network).folder);
        // `join("")` only appends a separator, so mainnet's folder is `blocks` itself.
        for inner in [path.join(network_folder).join("blocks"), path.join("blocks")] {
            if inner.is_dir() {
                return self.add_folder(&inner);
            }
        }
        self.add_folder(path)
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), SourceError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(SourceError::io(folder))? {
            let path = entry.map_err(SourceError::io(folder))?.path();
            if path.is_file() {
                names.push(path);
            }
        }
        names.sort_unstable();
        let is_core = |path: &PathBuf| is_core_file(path, "blk") || is_core_file(path, "rev");
        if names.iter().any(|path| is_core_file(path, "blk")) {
            names.retain(is_core);
        } else {
            names.retain(|path| {
                let extension = path.extension().and_then(|extension| extension.to_str());
                matches!(extension, Some("dat" | "blk" | "raw"))
                    && path.file_name() != Some("xor.dat".as_ref())
            });
        }
        let before = self.files.len();
        let mut not_blocks = None;
        for path in names {
            match self.add_file(&path) {
                Err(error @ SourceError::NotBlocks { .. }) => {
                    self.problems.add(&path.as_path().into(), 0, ProblemKind::NotBlocks);
                    not_blocks.get_or_insert(error);
                }
                added => added?,
            }
        }
        if self.files.len() > before {
            return Ok(());
        }
        // Files that are named as block files are, and hold none: that is what there is to say about the folder.
        Err(not_blocks.unwrap_or_else(|| SourceError::NoBlocks(folder.to_owned())))
    }

    /// Adds a file; one that holds no blocks is an error.
    fn add_file(&mut self, path: &Path) -> Result<(), SourceError> {
        let len = fs::metadata(path).map_err(SourceError::io(path))?.len();
        let is_undo = core_name(path, "rev").is_some();
        let is_core = is_core_file(path, "rev") || is_core_file(path, "blk");
        let key = if is_core { xor_key(path)? } else { XorKey::default() };
        let path: Arc<Path> = path.into();
        let mut file = SourceFile { path: Arc::clone(&path), len, kind: FileKind::Framed, key };
        if is_undo {
            file.kind = FileKind::Undo;
            self.files.push(file);
            return Ok(());
        }
        let mut head = vec![0; HEADER_LEN.min(len as usize)];
        let mut reader = FileReader::open(&file).map_err(SourceError::io(&path))?;
        reader.read_exact_at(0, &mut head).map_err(SourceError::io(&path))?;
        let mut magic = head.first_chunk::<4>().copied().filter(|magic| name_of(*magic).is_some());
        if magic.is_none() && !is_single_block(&head, len) {
            magic = find_any_block(&mut reader, len).map_err(SourceError::io(&path))?;
        }
        if magic.is_some() || (is_core && key.is_untouched(&head, 0)) {
            self.magics.push((Arc::clone(&path), magic));
        } else if is_single_block(&head, len) {
            file.kind = FileKind::Single;
        } else if let Some(name) = obfuscated_name(&head).filter(|_| key == XorKey::default()) {
            return Err(SourceError::KeyMissing { path: path.to_path_buf(), name });
        } else {
            let first = hex::encode(&head[..head.len().min(8)]);
            return Err(SourceError::NotBlocks { path: path.to_path_buf(), first });
        }
        self.files.push(file);
        Ok(())
    }
}

/// The magic of the first frame near the start of a file that does not begin with one: damage there must not hide
/// the blocks behind it.
fn find_any_block(reader: &mut FileReader, len: u64) -> io::Result<Option<[u8; 4]>> {
    let mut bytes = vec![0; len.min(2 * MAX_BLOCK_WEIGHT as u64) as usize];
    reader.read_exact_at(0, &mut bytes)?;
    let found = bytes.windows(8 + HEADER_LEN).find(|window| {
        let (magic, rest) = window.split_first_chunk::<4>().expect("88 bytes");
        network_of(*magic).is_some()
            && rest[4..].first_chunk().is_some_and(|bytes| {
                let header = Header(*bytes);
                has_own_work(&header, &block_hash(&header))
            })
    });
    Ok(found.and_then(|window| window.first_chunk().copied()))
}

/// The network of an obfuscated file that begins with a genesis block: the zeros in the place of its predecessor's id
/// give the key away.
fn obfuscated_name(head: &[u8]) -> Option<&'static str> {
    const ZEROS: usize = 16;
    let key: [u8; 8] = *head.get(ZEROS..)?.first_chunk()?;
    let repeats = head.get(ZEROS..ZEROS + 24)?.chunks(8).all(|chunk| *chunk == key);
    let mut magic: [u8; 4] = *head.first_chunk()?;
    magic.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    name_of(magic).filter(|_| repeats && key != [0; 8])
}

/// Whether a file may hold one bare block: its header carries the work it states.
fn is_single_block(head: &[u8], len: u64) -> bool {
    let Some(header) = head.first_chunk::<HEADER_LEN>().map(|bytes| Header(*bytes)) else { return false };
    len <= MAX_BLOCK_WEIGHT as u64 && has_own_work(&header, &block_hash(&header))
}

/// What stands around `prefix` in a file name such as Bitcoin Core gives: `old_blk00012.dat` has ("old_", "00012") for
/// the prefix `blk`.
fn core_name<'a>(path: &'a Path, prefix: &str) -> Option<(&'a str, &'a str)> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".dat")?;
    let (before, digits) = stem.rsplit_once(prefix)?;
    (digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some((before, digits))
}

/// Whether Bitcoin Core itself gave the file this name.
fn is_core_file(path: &Path, prefix: &str) -> bool {
    core_name(path, prefix).is_some_and(|(before, _)| before.is_empty())
}

/// The key in `xor.dat` beside a file, or none.
fn xor_key(path: &Path) -> Result<XorKey, SourceError> {
    let path = path.with_file_name("xor.dat");
    let len = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(XorKey::default()),
        Err(error) => return Err(SourceError::io(&path)(error)),
    };
    let mut key = [0; 8];
    if len != key.len() as u64 {
        return Err(SourceError::XorKey { path, len });
    }
    let mut file = File::open(&path).map_err(SourceError::io(&path))?;
    file.read_exact(&mut key).map_err(SourceError::io(&path))?;
    Ok(XorKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_by_the_place_in_the_file() {
        let key = XorKey([1, 2, 3, 4, 5, 6, 7, 8]);
        let plain: Vec<u8> = (0..100).collect();
        let mut whole = plain.clone();
        key.apply(&mut whole, 0);
        assert_ne!(whole, plain);
        for at in 0..20 {
            for end in at..100 {
                let mut part = whole[at..end].to_vec();
                key.apply(&mut part, at as u64);
                assert_eq!(part, plain[at..end]);
            }
        }
        let mut zeros = vec![0; 21];
        key.apply(&mut zeros, 5);
        assert!(key.is_untouched(&zeros, 5) && !key.is_untouched(&zeros, 6));
    }

    #[test]
    fn only_names_that_core_writes_count_as_its_files() {
        let name = |name| core_name(Path::new(name), "blk");
        assert_eq!(name("/x/blk00012.dat"), Some(("", "00012")));
        assert_eq!(name("blk123456.dat"), Some(("", "123456")));
        assert_eq!(name("old_blk00012.dat"), Some(("old_", "00012")));
        for other in ["blk1.dat", "blk00012.dat.bak", "rev00012.dat", "blk+0012.dat", ".dat"] {
            assert_eq!(name(other), None, "{other}");
        }
        assert!(is_core_file(Path::new("blk00012.dat"), "blk"));
        assert!(!is_core_file(Path::new("old_blk00012.dat"), "blk"));
    }
}
