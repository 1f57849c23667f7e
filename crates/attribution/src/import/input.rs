//! Bytes in: compression undone, size limited, hash taken, format told, handed to the right reader.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{
    Format, Options, Snapshot, actorpack, advisory, archive, csl, decode, dpl, eu, ftm, json_list, known,
    ofac_csv, ofac_json, ofac_plain_xml,
    ofac_set::{Neighbour, Set},
    ofac_xml, ofsi_xml, opensanctions, seco, senzing,
    sniff::{self, sniff},
    table, tagpack, text, uk, un,
};
use crate::{ImportError, Scope};

/// Bytes looked at to tell the format.
const HEAD: u64 = 16 << 10;

/// A list that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What it says.
    pub snapshot: Snapshot,
    /// The format it was read as.
    pub format: Format,
    /// SHA-256 of its bytes (decompressed), hexadecimal.
    pub sha256: String,
    /// How many bytes that were.
    pub bytes: u64,
}

/// Undoes gzip or bzip2, told by the first bytes.
pub fn open<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let head = input.fill_buf()?;
    Ok(if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(input))
    } else if head.starts_with(b"BZh") {
        Box::new(bzip2::bufread::MultiBzDecoder::new(input))
    } else {
        Box::new(input)
    })
}

/// Reads a list, compressed or not, alone in a ZIP archive or not.
///
/// XML is streamed: memory grows with what the list names, not with its size. Other formats are held in memory once.
///
/// # Errors
/// On anything that is not a complete, well-formed list of its format. Rows that cannot be used are warnings.
pub fn read(input: &mut dyn Read, options: &Options) -> Result<Imported, ImportError> {
    read_from(input, options, None)
}

/// The same of what lies in an archive, with what lies beside it there.
pub(super) fn read_from(
    input: &mut dyn Read,
    options: &Options,
    packed: Option<Vec<Neighbour>>,
) -> Result<Imported, ImportError> {
    if let Some(id) = options.source.id.as_ref().filter(|id| !text::is_source_id(&id.0)) {
        return Err(ImportError::SourceId(id.0.clone()));
    }
    let mut plain = open(input)?;
    let mut head = Vec::new();
    plain.by_ref().take(HEAD).read_to_end(&mut head)?;
    if archive::is_archive(&head) {
        if packed.is_some() {
            return Err(ImportError::Archive("it holds another archive: unpack it".to_owned()));
        }
        return archive::read(&mut Cursor::new(head).chain(plain), options);
    }
    let format = if let Some(format) = options.format {
        format
    } else {
        let start = sniff::head_text(&head);
        if let Some(complaint) = known::refuse(&start) {
            return Err(complaint);
        }
        sniff(&head, &options.file_name).ok_or_else(|| ImportError::UnknownFormat {
            name: text::shorten(&options.file_name),
            head: text::shorten(&start),
        })?
    };
    let mut body = Body::new(Cursor::new(head).chain(plain), format);
    let (mut snapshot, together) =
        dispatch(&mut body, format, options, packed).map_err(|error| body.explain(error))?;
    let format = snapshot.format;
    if format.scope() == Scope::List {
        snapshot.source.published = day_of(format, snapshot.source.published, options.source.published)?;
    }
    // What follows the end of the list (a newline, as a rule) counts for the hash.
    io::copy(&mut body, &mut io::sink()).map_err(|error| body.explain(error.into()))?;
    let sha256 = together.unwrap_or_else(|| hex::encode(body.hash.finalize()));
    Ok(Imported { snapshot, format, sha256, bytes: body.read })
}

/// The day a list tells, else the one given: nobody makes an old list a new one by saying so.
fn day_of(format: Format, says: Option<Date>, given: Option<Date>) -> Result<Option<Date>, ImportError> {
    match (says, given) {
        (Some(says), Some(given)) if says != given => Err(ImportError::OtherDay { format, says, given }),
        _ => Ok(says.or(given)),
    }
}

/// What the list says and, where several files were read together, the hash of them all.
fn dispatch(
    body: &mut dyn Read,
    format: Format,
    options: &Options,
    packed: Option<Vec<Neighbour>>,
) -> Result<(Snapshot, Option<String>), ImportError> {
    if format.is_streamed() {
        let mut mark = [0; 2];
        let read = body.read(&mut mark)?;
        let mut rest = Cursor::new(mark[..read].to_vec()).chain(body);
        let snapshot = if read == 2 && decode::may_be_marked(mark) {
            let text = decode::decode(&whole(&mut rest)?).into_owned();
            read_streamed(&mut text.as_bytes(), format, options)?
        } else {
            read_streamed(&mut rest, format, options)?
        };
        return Ok((snapshot, None));
    }
    let bytes = whole(body)?;
    if matches!(format, Format::OfacSdnCsv | Format::OfacCsvPart) {
        let set = Set::of(bytes, options, packed)?;
        return Ok((ofac_csv::read(&set, options)?, set.sha256()));
    }
    let read = match format {
        Format::OfacAddressJson => ofac_json::read,
        Format::EuCsv => eu::read_csv,
        Format::UkCsv => uk::read_csv,
        Format::TagPack => tagpack::read,
        Format::ActorPack => actorpack::read,
        Format::Json => json_list::read,
        Format::Advisory => advisory::read,
        Format::OpenSanctionsCsv => opensanctions::read,
        Format::Senzing => senzing::read,
        Format::Csl => csl::read,
        Format::DeniedPersons => dpl::read,
        _ => table::read,
    };
    Ok((read(&bytes, options)?, None))
}

fn read_streamed(body: &mut dyn Read, format: Format, options: &Options) -> Result<Snapshot, ImportError> {
    match format {
        Format::UnXml => un::read(body, options),
        Format::EuXml => eu::read_xml(body, options),
        Format::UkXml => uk::read_xml(body, options),
        Format::OfsiXml => ofsi_xml::read(body, options),
        Format::SecoXml => seco::read(body, options),
        Format::FollowTheMoney => ftm::read(body, options),
        Format::OfacSdnXml | Format::OfacEnhancedXml => ofac_plain_xml::read(body, format, options),
        _ => ofac_xml::read(body, options),
    }
}

fn whole(body: &mut dyn Read) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The decompressed bytes, counted, hashed, and cut off with an error at the format's limit.
struct Body<R> {
    inner: R,
    format: Format,
    hash: Sha256,
    read: u64,
    too_large: bool,
}

impl<R: Read> Body<Chain<Cursor<Vec<u8>>, R>> {
    fn new(inner: Chain<Cursor<Vec<u8>>, R>, format: Format) -> Self {
        Self { inner, format, hash: Sha256::new(), read: 0, too_large: false }
    }
}

impl<R> Body<R> {
    /// The cause behind `error` where that was our own limit.
    fn explain(&self, error: ImportError) -> ImportError {
        if self.too_large {
            ImportError::TooLarge { format: self.format, limit: self.format.limit() }
        } else {
            error
        }
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.read += count as u64;
        if self.read > self.format.limit() {
            self.too_large = true;
            return Err(io::Error::other("the list is too large"));
        }
        Ok(count)
    }
}
