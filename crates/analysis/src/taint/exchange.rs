//! Exchanges: transactions in which somebody gives one asset to contracts that convert, and gets another for it.
//!
//! A pool, a router or a wrapper keeps no taint: the dirty share of what it takes is the dirty share of what it gives. Which of
//! what it gives is for whom is said by one transaction alone: all of it where one account gave, else what comes back to each that
//! did. Whoever gives several assets at once (who adds to a pool, say) has no one share; what he gave is not followed.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_model::transfer::MovementKind;
use tracehound_transfers::{AccountNum, AssetNum, Balance, Transfer, TransferNum, TransferRows, TxRow};

use super::{
    Holding, Method,
    balances::{AccountRole, units},
    divide::divide,
};

/// Transfers of a transaction that are looked at; what has more is no exchange that could be read.
const MOST: u32 = 4_096;

/// What one account gives, and what comes for it. Given in one asset; of what comes, some is in another.
pub(super) struct Exchange {
    given: BTreeSet<TransferNum>,
    asset: AssetNum,
    /// Base units of each asset that come.
    comes: BTreeMap<AssetNum, u128>,
    taken: BTreeSet<TransferNum>,
    /// What was given so far.
    holding: Holding,
    /// Transfers between it and the nearest seed.
    hop: u32,
    /// What comes and was not yet taken, once everything is given.
    pools: BTreeMap<AssetNum, Holding>,
}

/// What was given in one asset and came in others.
pub(super) struct Settled {
    pub asset: AssetNum,
    /// What did not come back in the asset itself.
    pub given: Holding,
    /// What came for it, by asset.
    pub got: BTreeMap<AssetNum, Holding>,
}

impl Exchange {
    pub(super) fn is_given(&self, transfer: TransferNum) -> bool {
        self.given.contains(&transfer)
    }

    pub(super) fn is_taken(&self, transfer: TransferNum) -> bool {
        self.taken.contains(&transfer)
    }

    /// Lays what is given; the last of it settles the exchange.
    pub(super) fn give(
        &mut self,
        num: TransferNum,
        holding: &Holding,
        hop: u32,
        method: Method,
    ) -> Option<Settled> {
        self.holding.append(holding);
        self.hop = self.hop.min(hop);
        if self.given.last() != Some(&num) {
            return None;
        }
        let total = self.holding.value();
        let back = self.comes.get(&self.asset).copied().unwrap_or(0).min(total);
        let division = divide(method, [&self.holding], &[back]).ok()?;
        let others = self.comes.iter().filter(|(asset, _)| **asset != self.asset);
        let got: BTreeMap<AssetNum, Holding> =
            others.map(|(asset, amount)| (*asset, division.rest.scaled(*amount))).collect();
        self.pools.clone_from(&got);
        self.pools.extend(division.outputs.into_iter().map(|returned| (self.asset, returned)));
        Some(Settled { asset: self.asset, given: division.rest, got })
    }

    /// What a transfer brings, and between how many transfers it and the nearest seed lie; nothing before all is given.
    pub(super) fn take(&mut self, transfer: &Transfer, method: Method) -> Option<(Holding, u32)> {
        let pool = self.pools.get_mut(&transfer.asset)?;
        let division = divide(method, [&*pool], &[units(transfer)?]).ok()?;
        *pool = division.rest;
        division.outputs.into_iter().next().map(|holding| (holding, self.hop.saturating_add(1)))
    }

    /// What came and could not be followed to who has it.
    pub(super) fn left(self) -> (u32, impl Iterator<Item = (AssetNum, Holding)>) {
        (self.hop.saturating_add(1), self.pools.into_iter().filter(|(_, holding)| !holding.is_clean()))
    }
}

/// Transfers of a transaction, what is exchanged in it, and the last one out of each balance.
pub(super) struct Found {
    pub transfers: Vec<Transfer>,
    pub exchanges: Vec<Exchange>,
    last_out: BTreeMap<Balance, TransferNum>,
}

impl Found {
    /// Whether what a transfer brings may as well be laid at the transaction's end: nothing goes out of there behind it.
    pub(super) fn may_wait(&self, transfer: &Transfer) -> bool {
        transfer
            .target()
            .is_some_and(|target| self.last_out.get(&target).is_none_or(|last| *last < transfer.num))
    }
}

/// Reads the exchanges of a transaction; nothing where there are none. O(transfers · log transfers).
pub(super) fn of(
    rows: &dyn TransferRows,
    tx: &TxRow,
    role: &dyn Fn(AccountNum) -> Option<AccountRole>,
) -> Option<Found> {
    if tx.count < 2 || tx.count > MOST {
        return None;
    }
    let numbers = tx.first.0..tx.first.0 + u64::from(tx.count);
    let transfers: Vec<Transfer> =
        numbers.map(|num| rows.transfer(TransferNum(num))).collect::<Option<_>>()?;
    let ends = transfers.iter().flat_map(|transfer| [transfer.from, transfer.to]).flatten();
    let converters: BTreeSet<AccountNum> = ends
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|account| role(*account) == Some(AccountRole::Converter))
        .collect();
    if converters.is_empty() {
        return None;
    }
    // A wrapper issues what it gives, and destroys what it takes.
    let converts = |account: Option<AccountNum>, transfer: &Transfer| match account {
        Some(account) => converters.contains(&account),
        None => transfer.kind == MovementKind::Token,
    };
    let moves = |transfer: &&Transfer| {
        transfer.kind != MovementKind::Fee && !transfer.amount.is_zero() && transfer.from != transfer.to
    };
    let (mut given, mut taken): (BTreeMap<AccountNum, Vec<&Transfer>>, Vec<&Transfer>) = Default::default();
    for transfer in transfers.iter().filter(moves) {
        match (converts(transfer.from, transfer), converts(transfer.to, transfer)) {
            (false, true) => given.entry(transfer.from?).or_default().push(transfer),
            (true, false) => taken.push(transfer),
            _ => (),
        }
    }
    let alone = given.len() == 1;
    let exchanges: Vec<Exchange> = given
        .into_iter()
        .filter_map(|(giver, given)| {
            let own = taken.iter().filter(|transfer| alone || transfer.to == Some(giver));
            exchange(&given, own.copied())
        })
        .collect();
    if exchanges.is_empty() {
        return None;
    }
    let sources = transfers.iter().filter_map(|transfer| Some((transfer.source()?, transfer.num)));
    let last_out = sources.collect();
    Some(Found { transfers, exchanges, last_out })
}

/// What was given for something that came.
pub(super) struct Given {
    pub asset: AssetNum,
    /// Base units of it that were given and did not come back, or that came back, where what came is of the same asset.
    pub total: u128,
    /// Base units of the asset asked about that came for it.
    pub came: u128,
    /// The transfers by which it was given, with their base units.
    pub transfers: Vec<(TransferNum, u128)>,
}

/// What was given for what a transfer brought, before it in the same transaction; nothing where it is no such transfer, where
/// something was given after it, or where several assets came, so that no one of them stands for what was given.
pub(super) fn given_for(
    rows: &dyn TransferRows,
    tx: &TxRow,
    transfer: &Transfer,
    role: &dyn Fn(AccountNum) -> Option<AccountRole>,
) -> Option<Given> {
    let found = of(rows, tx, role)?;
    let exchange = found.exchanges.iter().find(|one| one.is_taken(transfer.num))?;
    if exchange.given.last().is_none_or(|last| *last > transfer.num) {
        return None;
    }
    let of_given = found.transfers.iter().filter(|own| exchange.given.contains(&own.num));
    let transfers: Vec<(TransferNum, u128)> =
        of_given.map(|own| units(own).map(|amount| (own.num, amount))).collect::<Option<_>>()?;
    let total: u128 = transfers.iter().map(|(_, amount)| amount).sum();
    let came = exchange.comes.get(&transfer.asset).copied()?;
    let back = exchange.comes.get(&exchange.asset).copied().unwrap_or(0);
    let others = exchange.comes.keys().filter(|asset| **asset != exchange.asset).count();
    let total = if transfer.asset == exchange.asset { back } else { total.checked_sub(back)? };
    (transfer.asset == exchange.asset || others == 1).then_some(Given {
        asset: exchange.asset,
        total,
        came,
        transfers,
    })
}

fn exchange<'a>(given: &[&Transfer], taken: impl Iterator<Item = &'a Transfer>) -> Option<Exchange> {
    let asset = given.first()?.asset;
    let mut total = 0u128;
    for transfer in given {
        total = total.checked_add(units(transfer).filter(|_| transfer.asset == asset)?)?;
    }
    let (mut comes, mut nums): (BTreeMap<AssetNum, u128>, BTreeSet<TransferNum>) = Default::default();
    for transfer in taken {
        let sum = comes.entry(transfer.asset).or_default();
        *sum = sum.checked_add(units(transfer)?)?;
        nums.insert(transfer.num);
    }
    // More of it comes back than was given: that is no change.
    let is_one =
        comes.keys().any(|other| *other != asset) && comes.get(&asset).is_none_or(|back| *back <= total);
    is_one.then(|| Exchange {
        given: given.iter().map(|transfer| transfer.num).collect(),
        asset,
        comes,
        taken: nums,
        holding: Holding::default(),
        hop: u32::MAX,
        pools: BTreeMap::new(),
    })
}
