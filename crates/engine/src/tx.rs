//! What a ledger holds about one transaction.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    coinjoin as classifier,
    extent::{Extent, Needed},
    taint::Mix,
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, Prev, TxView};
use tracehound_model::{Amount, Asset, BitcoinNetwork, BlockHash, Gap, OutPoint, TxId};
use tracehound_screen::Entities;

use crate::{
    Answer, EngineError, Moment, Snapshot,
    view::{Missing, View},
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// The transaction.
    pub txid: TxId,
}

/// A transaction with the names of who takes part in it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Transaction {
    /// Its id.
    pub txid: TxId,
    /// What all amounts count.
    pub asset: Asset,
    /// Its block.
    pub block: Option<BlockHash>,
    /// The block's height, where known.
    pub height: Option<u32>,
    /// The block's time.
    pub time: Option<Timestamp>,
    /// Whether it mints coins.
    pub coinbase: bool,
    /// Its version, where the source said it.
    pub version: Option<u32>,
    /// Its lock time.
    pub lock_time: u32,
    /// Its weight, in weight units.
    pub weight: u32,
    /// Base units for the miner; `None` where it mints or an input's amount is not known.
    pub fee: Option<Amount>,
    /// Whether it mixes the coins of several people, in one word: `coinjoin`, `suspected`, `premix`, `unknown` (amounts are missing
    /// that would tell) or `no`.
    pub mixes: &'static str,
    /// What it looks like, if it mixes the coins of several people.
    pub coinjoin: Option<CoinJoin>,
    /// What it may be, where that is no more than suspected: no path ends there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<CoinJoin>,
    /// Inputs that spend outputs of blocks that are not in the ledger.
    pub missing_inputs: u32,
    /// The earlier coinbase that this one destroyed, if there is one.
    pub overwrote: Option<Overwritten>,
    /// What it spends.
    pub inputs: Vec<Input>,
    /// What it pays.
    pub outputs: Vec<Output>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether all amounts are known, and who spent its outputs.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
}

/// A mixing transaction.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct CoinJoin {
    /// Its kind, by the field's name.
    pub protocol: &'static str,
    /// People in it, at least.
    pub participants: u32,
}

impl From<Mix> for CoinJoin {
    fn from(Mix { protocol, participants }: Mix) -> Self {
        Self { protocol, participants }
    }
}

/// Who owns an input or output.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Owner {
    /// The address, where the script has one.
    pub address: Option<String>,
    /// Who is known to own it.
    pub entity: Option<Entity>,
}

/// What a transaction spends.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Input {
    /// Who owned it.
    #[serde(flatten)]
    pub owner: Owner,
    /// The output that it spends, as `TXID:N`; `None` for a coinbase.
    pub outpoint: Option<String>,
    /// Base units; `None` where the ledger does not know.
    pub value: Option<Amount>,
    /// Whether it mints coins.
    pub coinbase: bool,
}

/// What a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Output {
    /// Who owns it.
    #[serde(flatten)]
    pub owner: Owner,
    /// Base units.
    pub value: Amount,
    /// The transaction that spent it, if one did.
    pub spent_by: Option<TxId>,
}

/// An earlier coinbase with the same id, of which nobody spent these outputs before they were destroyed (BIP-30).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Overwritten {
    /// Its block.
    pub block: Option<BlockHash>,
    /// The block's height, where known.
    pub height: Option<u32>,
    /// Base units destroyed.
    pub value: Amount,
    /// The outputs destroyed.
    pub outputs: Vec<Lost>,
}

/// An output that was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Lost {
    /// Who owned it.
    #[serde(flatten)]
    pub owner: Owner,
    /// Base units.
    pub value: Amount,
}

impl Snapshot {
    /// Describes a transaction.
    ///
    /// # Errors
    /// When there is no ledger, or it is damaged.
    #[tracing::instrument(skip_all)]
    pub fn tx(&self, question: &Question) -> Result<Answer<Transaction>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let Some(tx) = view.ledger.find_tx(&question.txid).and_then(|tx| view.ledger.tx(tx)) else {
            return view.absent(Missing::of(&question.txid.to_string()));
        };
        let described = Described { view: &view, entities: &view.entities(&view.keys()) }.transaction(&tx);
        view.found(described)
    }
}

struct Described<'a> {
    view: &'a View,
    entities: &'a Entities<'a>,
}

impl Described<'_> {
    fn ledger(&self) -> &Ledger {
        &self.view.ledger
    }

    fn transaction(&self, tx: &TxView) -> Transaction {
        let ledger = self.ledger();
        let inputs: Vec<Input> = ledger
            .inputs(tx)
            .map(|input| Input {
                owner: self.owner(ledger.input_owner(&input)),
                outpoint: match input.prev {
                    Prev::Output(out) => self.outpoint(out),
                    Prev::Missing { outpoint, .. } => Some(outpoint.to_string()),
                    Prev::Coinbase => None,
                },
                value: ledger.input_value(&input).map(Amount::from),
                coinbase: input.prev == Prev::Coinbase,
            })
            .collect();
        let missing = ledger.inputs(tx).filter(|input| matches!(input.prev, Prev::Missing { .. })).count();
        let coinbase = inputs.iter().any(|input| input.coinbase);
        let outputs: Vec<Output> = ledger
            .outputs(tx)
            .map(|output| Output {
                owner: self.owner(output.owner),
                value: output.value.into(),
                spent_by: output.spent_by.and_then(|tx| ledger.tx(tx)).map(|tx| tx.txid),
            })
            .collect();
        let spent: Option<Vec<Amount>> = inputs.iter().map(|input| input.value).collect();
        let spent = spent.and_then(Amount::checked_sum);
        let paid = Amount::checked_sum(outputs.iter().map(|output| output.value));
        let block = ledger.block_of(tx.num);
        // Whoever spent its outputs may have done so in any later block.
        let extent = self.view.extent(Needed::From(block.map_or(BlockNum(0), |block| block.num)));
        let mix = self.entities.mix(ledger, tx.into());
        let suspect = self.entities.suspect(ledger, tx.into());
        let mixes = match self.entities.classified(ledger, tx.into()) {
            _ if mix.is_some() => "coinjoin",
            _ if suspect.is_some() => "suspected",
            classifier::Answer::Premix(_) => "premix",
            classifier::Answer::Unknown { .. } => "unknown",
            // One party's alone by name, it mixes nobody's coins with anybody else's.
            _ => "no",
        };
        let gaps: Vec<Gap> = extent.gaps.iter().cloned().chain(self.view.label_gaps()).collect();
        Transaction {
            txid: tx.txid,
            asset: self.view.asset(),
            block: block.map(|block| block.hash),
            height: block.and_then(|block| block.height),
            time: block.and_then(|block| Timestamp::from_second(i64::from(block.header.time())).ok()),
            coinbase,
            version: tx.version,
            lock_time: tx.lock_time,
            weight: tx.weight,
            fee: spent.filter(|_| !coinbase).and_then(|spent| spent.checked_sub(paid?)),
            mixes,
            coinjoin: mix.map(CoinJoin::from),
            suspected: suspect.map(CoinJoin::from),
            missing_inputs: u32::try_from(missing).unwrap_or(u32::MAX),
            overwrote: self.overwrote(tx),
            inputs,
            outputs,
            // Without the amounts of its inputs the fee is unknown, and so may be who paid.
            complete: missing == 0 && gaps.is_empty(),
            gaps,
            ledger: extent,
            snapshot: ledger.snapshot_id(),
        }
    }

    fn owner(&self, owner: Option<AddrNum>) -> Owner {
        Owner {
            address: owner.and_then(|owner| self.view.address(owner)),
            entity: owner.and_then(|owner| self.entities.entity(owner)),
        }
    }

    fn outpoint(&self, out: OutNum) -> Option<String> {
        let (tx, vout) = self.ledger().tx_of_output(out)?;
        Some(OutPoint { txid: self.ledger().tx(tx)?.txid, vout }.to_string())
    }

    fn overwrote(&self, tx: &TxView) -> Option<Overwritten> {
        let lost = self.ledger().destroyed_by(tx.num);
        let (earlier, _) = self.ledger().tx_of_output(lost.first()?.num)?;
        let block = self.ledger().block_of(earlier);
        let outputs: Vec<Lost> = lost
            .iter()
            .map(|output| Lost { owner: self.owner(output.owner), value: output.value.into() })
            .collect();
        Some(Overwritten {
            block: block.map(|block| block.hash),
            height: block.and_then(|block| block.height),
            value: lost.iter().map(|output| u128::from(output.value)).sum::<u128>().into(),
            outputs,
        })
    }
}
