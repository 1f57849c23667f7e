//! Verdicts on addresses and transactions.

pub mod audit;
pub mod batch;

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{Limits, extent::Openings, price::Prices};
use tracehound_attribution::index::Index;
use tracehound_bitcoin::live::esplora::EsploraLimits;
use tracehound_ingest::{EsploraOptions, EsploraSubject, Fetch, fetch_esplora};
use tracehound_labels::shelf::Packs;
use tracehound_ledger::Ledger;
use tracehound_model::{AddressError, BitcoinNetwork, Chain, Verdict, text::label};
use tracehound_screen::{Covered, Extract, Movements, Policy, Screener, Settings};
use tracehound_transfers::TransferLedger;

use crate::{
    EngineError, NamedSnapshot, Snapshot,
    transfers::case::{Gathered, Source, Told, subject},
};

/// What verdicts are asked for by, whoever the subject.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What decides.
    pub policy: &'a Policy,
    /// Whose ledger is searched for counterparties.
    pub network: BitcoinNetwork,
    /// The moment asked about; `None` for when the snapshot was taken, with all blocks that are there.
    pub as_of: Option<Timestamp>,
    /// The snapshot that an earlier verdict names: claims must still be as they were, and its blocks are those that count.
    pub snapshot: Option<NamedSnapshot>,
    /// Prices of the network's coin, for limits of the policy in a currency.
    pub prices: Option<&'a Prices>,
}

/// Where the subjects' own transactions are fetched, instead of read from the ledger.
#[derive(Clone, Debug)]
pub struct Esplora<'a> {
    /// Address of the server; it may hold a key.
    pub url: &'a str,
    /// Whose transactions: addresses and transaction ids. Text that is neither is refused when it is screened.
    pub subjects: &'a [String],
    /// Most pages of transactions, and most block headers, fetched for a subject.
    pub limit: u32,
    /// What was fetched less than this ago is not fetched again.
    pub max_age: SignedDuration,
}

/// Where the subjects' own transactions on an EVM chain are fetched, instead of read from a ledger.
#[derive(Clone, Debug)]
pub struct Fetching<'a> {
    /// Whose explorer or node it is, by the chain's id.
    pub chain_id: u64,
    /// The explorer or node, and what it may be asked.
    pub source: &'a Source,
    /// Whose transactions: addresses and hashes of transactions. Text that is neither is answered without.
    pub subjects: &'a [String],
}

/// A subject that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct RefusedSubject<'a> {
    /// The subject as it was given.
    pub subject: &'a str,
    /// Why.
    pub error: &'a str,
}

/// Lists, labels, one ledger and a policy, ready to screen subjects.
#[derive(Debug)]
pub struct Screening<'a> {
    index: Arc<Index>,
    packs: Arc<Packs>,
    ledger: Option<Ledger>,
    transfers: Option<TransferLedger>,
    extract: Option<Extract>,
    /// What was fetched of single accounts of an EVM chain, which then stands for its ledger.
    case: Option<(Chain, Gathered)>,
    network: BitcoinNetwork,
    settings: Settings<'a>,
}

impl Snapshot {
    /// Makes ready to screen over the ledger, if there is one.
    ///
    /// # Errors
    /// A ledger that is there and cannot be read, a snapshot that is gone.
    #[tracing::instrument(skip_all)]
    pub fn screening<'a>(&self, question: &Question<'a>) -> Result<Screening<'a>, EngineError> {
        let named = question.snapshot.map(NamedSnapshot::of_verdict);
        let seconds = question.as_of.map(Timestamp::as_second);
        let ledger = self.ledger_for(question.network, seconds, named.as_ref());
        let of_transfers = |chain_id: u64| self.transfers_for(chain_id, seconds, named.as_ref());
        let transfers = self.evm_screened().and_then(|chain| chain.map(of_transfers).transpose());
        let (ledger, transfers) = match (named.is_some(), ledger, transfers) {
            // What an earlier verdict names is one of the two.
            (true, Ok(Some(ledger)), _) => (Some(ledger), None),
            (true, ledger, Ok(Some(Some(transfers)))) => (ledger.ok().flatten(), Some(transfers)),
            (true, ledger, _) => (ledger?, None),
            (false, ledger, transfers) => (ledger?, transfers?.flatten()),
        };
        Ok(Screening { transfers, ..self.ready(question, ledger, None) })
    }

    /// The EVM chain whose ledger is searched for counterparties of EVM addresses: Ethereum, or else the first that is there. That
    /// others were not is said of every such address.
    fn evm_screened(&self) -> Result<Option<u64>, EngineError> {
        Ok(self.evm_chains()?.min_by_key(|&id| (id != 1, id)))
    }

    /// Makes ready to screen over what an Esplora server tells of the subjects; `progress` is told whose transactions are
    /// being fetched.
    ///
    /// # Errors
    /// When the server cannot be reached or answers nonsense.
    #[tracing::instrument(skip_all)]
    pub fn screening_by_esplora<'a>(
        &self,
        question: &Question<'a>,
        esplora: &Esplora<'_>,
        progress: &dyn Fn(&str),
    ) -> Result<Screening<'a>, EngineError> {
        let network = question.network;
        let parse = |subject: &String| EsploraSubject::parse(subject, network).ok().flatten();
        let subjects: Vec<EsploraSubject> = esplora.subjects.iter().filter_map(parse).collect();
        if subjects.is_empty() {
            return Ok(self.ready(question, None, None));
        }
        let options = EsploraOptions {
            limits: EsploraLimits { pages: esplora.limit, ..EsploraLimits::default() },
            headers: esplora.limit,
            max_age: esplora.max_age,
            ..EsploraOptions::new(esplora.url, network)
        };
        let folder = self.folder().esplora(network);
        let found = fetch_esplora(&folder, &options, &subjects, self.second(), progress)?;
        let covered = |fetch: &Fetch| {
            let until = fetch.tip_time.and_then(|time| Timestamp::from_second(i64::from(time)).ok());
            (
                fetch.subject.clone(),
                Covered { gaps: fetch.gaps(), complete: fetch.complete, until, called: None },
            )
        };
        let subjects = found.fetches.iter().map(covered).collect();
        Ok(self.ready(question, Some(found.ledger), Some(Extract { digest: found.digest, subjects })))
    }

    /// Makes ready to screen over what an explorer or a node tells of the subjects on an EVM chain; all else as
    /// [`screening`](Self::screening). `show` is told beforehand what that takes, and what is being fetched, and may end it: what is
    /// not fetched is a gap.
    ///
    /// # Errors
    /// As [`screening`](Self::screening), and when the server cannot be used, or what it told cannot be kept.
    #[tracing::instrument(skip_all)]
    pub fn screening_by_source<'a>(
        &self,
        question: &Question<'a>,
        fetching: &Fetching<'_>,
        show: &dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Screening<'a>, EngineError> {
        let chain = Chain::Evm(fetching.chain_id);
        let mut seen = BTreeSet::new();
        let subjects = fetching.subjects.iter().filter_map(|text| subject(fetching.chain_id, text).ok());
        let subjects: Vec<_> = subjects.filter(|subject| seen.insert(*subject)).collect();
        let screening = self.screening(question)?;
        if subjects.is_empty() {
            return Ok(screening);
        }
        let gathered = self.gather(fetching.chain_id, &subjects, fetching.source, question.as_of, show)?;
        Ok(Screening { transfers: None, case: Some((chain, gathered)), ..screening })
    }

    fn ready<'a>(
        &self,
        question: &Question<'a>,
        ledger: Option<Ledger>,
        extract: Option<Extract>,
    ) -> Screening<'a> {
        Screening {
            index: Arc::clone(self.index()),
            packs: Arc::clone(self.packs()),
            ledger,
            transfers: None,
            extract,
            case: None,
            network: question.network,
            settings: Settings {
                policy: question.policy,
                as_of: question.as_of.unwrap_or_else(|| self.second()),
                limits: Limits::default(),
                prices: question.prices,
            },
        }
    }
}

/// One verdict, as [`Screener::screen`] gives it, told to whoever listens to what is done and how long it takes.
///
/// # Errors
/// A subject that is no address and no transaction.
#[tracing::instrument(level = "debug", skip_all, fields(subject = %label(subject)))]
pub fn verdict(screener: &Screener<'_>, subject: &str) -> Result<Verdict, AddressError> {
    screener.screen(subject)
}

impl Screening<'_> {
    /// The screener: one verdict a subject, from any thread. Verdicts count once [`confirm`](Self::confirm) says so.
    pub fn screener(&self) -> Screener<'_> {
        let ledger = self.ledger.as_ref().map(|ledger| (self.network, ledger));
        let mut screener = Screener::new(&self.index, ledger, self.settings).reading(&self.packs);
        if let Some(transfers) = &self.transfers {
            screener = screener.over_transfers(Movements::of_ledger(transfers));
        }
        if let Some((chain, Gathered { rows, covered })) = &self.case {
            screener = screener.over_transfers(Movements {
                rows: &rows.rows,
                chain: *chain,
                openings: Openings::Some,
                snapshot: rows.digest.clone(),
                extract: Some(covered.clone()),
            });
        }
        match &self.extract {
            Some(extract) => screener.over_extract(extract.clone()),
            None => screener,
        }
    }

    /// The ledger that verdicts rest on, if there is one.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Whether everything that was read for verdicts so far was whole.
    ///
    /// # Errors
    /// What is damaged.
    pub fn confirm(&self) -> Result<(), EngineError> {
        self.transfers.as_ref().map_or(Ok(()), TransferLedger::confirm)?;
        self.ledger.as_ref().map_or(Ok(()), Ledger::confirm).map_err(EngineError::from)
    }
}
