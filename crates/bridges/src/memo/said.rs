//! What the functions say, each by its own grammar.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Amount;

use super::{Affiliate, Function, MemoAsset, Network, Outcome, Party, Unreadable, number, read_within};

/// The whole, in ten-thousandths.
const WHOLE: u64 = 10_000;

/// Most affiliates of a swap (`MultipleAffiliatesMaxCount`, 2025-07).
const MOST_AFFILIATES: usize = 5;

/// What a memo says.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// A swap.
    Swap(Swap),
    /// Another limit for a swap that waits.
    Modified(Modified),
    /// Money for a pool.
    Add(Add),
    /// Money out of a pool.
    Withdrawal(Withdrawal),
    /// A loan, opened or paid back; before 2025-07.
    Loan(Loan),
    /// The deposit for which the network pays.
    Payout {
        /// Its hash, in capitals and without `0x`, where it is 64 hexadecimal digits. The networks take any 64 letters.
        #[serde(skip_serializing_if = "Option::is_none")]
        in_txid: Option<String>,
    },
    /// Vaults among themselves, or a pool that is wound up.
    Height {
        /// The height of which it speaks.
        height: u64,
    },
    /// Registers a memo for deposits that have none.
    Register {
        /// Deposits of this asset.
        asset: MemoAsset,
        /// The memo.
        memo: String,
    },
    /// Stands for a memo that was registered.
    Reference {
        /// Its number, as it stands there. Nothing: then it is in the amount, or nowhere.
        reference: String,
    },
    /// A name of the register.
    Name {
        /// The name.
        name: String,
        /// The chain for which it is to stand.
        #[serde(skip_serializing_if = "Option::is_none")]
        chain: Option<String>,
        /// What it is to stand for there.
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<Party>,
    },
    /// Anything else: whom it names, what share, and its parts as they stand there.
    Other {
        /// Whom it names, where it names somebody.
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<Party>,
        /// Ten-thousandths, where it speaks of a share.
        #[serde(skip_serializing_if = "Option::is_none")]
        bps: Option<u64>,
        /// Who takes a part.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        affiliates: Vec<Affiliate>,
        /// What stands behind the function.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        parts: Vec<String>,
    },
}

impl Said {
    /// Whether whom to pay is a name alone.
    pub(super) fn names_nobody(&self) -> bool {
        let whom = match self {
            Self::Swap(swap) => &swap.destination,
            Self::Loan(loan) => &loan.destination,
            Self::Add(add) => &add.paired,
            Self::Withdrawal(withdrawal) => &withdrawal.paired,
            Self::Other { destination, .. } => destination,
            _ => return false,
        };
        matches!(whom, Some(Party::Name(_)))
    }
}

/// A swap, by the limits that its depositor set.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Swap {
    /// What is to be paid.
    pub asset: MemoAsset,
    /// Whom; none: whoever sent the deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Party>,
    /// Whom to pay back where it fails; none: whoever sent the deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_address: Option<String>,
    /// The least to be paid, in 1e8 units whatever the asset (CACAO on Maya: 1e10); 0 where any amount will do.
    pub limit: Amount,
    /// Blocks between the parts of a streaming swap; of a limit swap, by one peer's reading, the blocks that it waits.
    pub interval: u64,
    /// Parts of a streaming swap: 0 as many as the network likes, 1 no parts.
    pub quantity: u64,
    /// Who takes a part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affiliates: Vec<Affiliate>,
    /// The contract that swaps once more on the chain of the payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<Aggregator>,
}

/// A contract that hands what is paid to another exchange: who is paid gets another asset than the network says.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Aggregator {
    /// The contract, or the end of its address.
    pub contract: String,
    /// The token that is wanted in the end, or the end of its address.
    pub final_token: String,
    /// The least of it, in its own units.
    pub min_out: Amount,
}

/// An amount of an asset, in the network's units.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Limited {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub asset: MemoAsset,
}

/// Another limit for a swap that waits.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Modified {
    /// What was deposited.
    pub source: Limited,
    /// What was wanted for it.
    pub target: Limited,
    /// What is wanted now; 0 calls it off, and what was deposited is paid back.
    pub new_target: Amount,
}

/// Money for a pool.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Add {
    /// Which pool.
    pub pool: MemoAsset,
    /// Whose money of the other side it goes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired: Option<Party>,
    /// Who takes a part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affiliates: Vec<Affiliate>,
    /// The tier of Maya's first offer, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
}

/// Money out of a pool.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Withdrawal {
    /// Which pool.
    pub pool: MemoAsset,
    /// How much of what one has there, in ten-thousandths.
    pub bps: u64,
    /// The one asset in which all is to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<MemoAsset>,
    /// The address of the other side; Maya alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired: Option<Party>,
}

/// A loan.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Loan {
    /// What is to be paid.
    pub asset: MemoAsset,
    /// Whom.
    pub destination: Option<Party>,
    /// The least to be paid.
    pub min_out: Amount,
    /// Who takes a part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affiliates: Vec<Affiliate>,
    /// The contract that swaps once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<Aggregator>,
}

/// What stands between the colons. What is not there is empty.
pub(super) struct Parts<'a>(&'a [&'a str]);

impl<'a> Parts<'a> {
    pub(super) fn of(parts: &'a [&'a str]) -> Self {
        Self(parts)
    }

    fn get(&self, at: usize) -> &'a str {
        self.0.get(at).copied().unwrap_or("")
    }

    fn needed(&self, at: usize, what: &'static str) -> Result<&'a str, Unreadable> {
        match self.get(at) {
            "" => Err(Unreadable::Missing(what)),
            text => Ok(text),
        }
    }

    /// An asset, which must be there.
    fn asset(&self, network: Network, at: usize) -> Result<MemoAsset, Unreadable> {
        let text = self.needed(at, "the asset")?;
        MemoAsset::read(network, text)
            .ok_or(Unreadable::Bad { part: "what stands for the asset", wanted: "asset" })
    }

    /// Somebody, by address or by name.
    fn party(&self, at: usize) -> Result<Option<Party>, Unreadable> {
        match self.get(at) {
            "" => Ok(None),
            text => Party::read(text).map(Some).ok_or(NOBODY),
        }
    }

    /// An address.
    fn address(&self, at: usize) -> Result<Option<Party>, Unreadable> {
        match self.get(at) {
            "" => Ok(None),
            text => Party::address(text)
                .map(Some)
                .ok_or(Unreadable::Bad { part: "what stands for an address", wanted: "address" }),
        }
    }

    /// A number of units; nothing is 0.
    fn units(&self, network: Network, at: usize) -> Result<Amount, Unreadable> {
        units(network, self.get(at))
    }

    /// Ten-thousandths, up to the whole.
    fn bps(&self, at: usize) -> Result<Option<u64>, Unreadable> {
        match self.get(at) {
            "" => Ok(None),
            text => bps(text).map(Some),
        }
    }

    /// A height, which must be there.
    fn height(&self) -> Result<u64, Unreadable> {
        let text = self.needed(1, "the height")?;
        text.parse().map_err(|_| Unreadable::Bad { part: "the height", wanted: "number" })
    }

    /// Affiliates and their parts: as many parts as affiliates, or one for each of them.
    fn affiliates(&self, at: usize) -> Result<Vec<Affiliate>, Unreadable> {
        let (names, shares) = (self.get(at), self.get(at + 1));
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = names.split('/').collect();
        let shares: Vec<u64> =
            if shares.is_empty() { vec![0] } else { shares.split('/').map(bps).collect::<Result<_, _>>()? };
        if names.len() > MOST_AFFILIATES {
            return Err(Unreadable::Other("it names more affiliates than the network takes"));
        }
        if shares.len() != 1 && shares.len() != names.len() {
            return Err(Unreadable::Other("it has neither one share nor as many as affiliates"));
        }
        let all = names.iter().enumerate().map(|(at, name)| {
            let bps = shares.get(at).or(shares.first()).copied().unwrap_or(0);
            Party::read(name).map(|who| Affiliate { who, bps }).ok_or(NOBODY)
        });
        let all: Vec<Affiliate> = all.collect::<Result<_, _>>()?;
        if all.iter().map(|affiliate| affiliate.bps).sum::<u64>() > WHOLE {
            return Err(Unreadable::Other("the shares of its affiliates add up to more than the whole"));
        }
        Ok(all)
    }

    fn aggregator(&self, network: Network, at: usize) -> Result<Option<Aggregator>, Unreadable> {
        let contract = self.get(at);
        if contract.is_empty() {
            return Ok(None);
        }
        let (final_token, min_out) = (self.get(at + 1).to_owned(), self.units(network, at + 2)?);
        Ok(Some(Aggregator { contract: contract.to_owned(), final_token, min_out }))
    }
}

const NOBODY: Unreadable =
    Unreadable::Bad { part: "whom it names", wanted: "address, nor what could be a name" };

fn bps(text: &str) -> Result<u64, Unreadable> {
    text.parse()
        .ok()
        .filter(|&bps: &u64| bps <= WHOLE)
        .ok_or(Unreadable::Bad { part: "a share", wanted: "number of ten-thousandths up to 10000" })
}

/// A number of units; nothing is 0. Maya of 2024-07 reads digits alone, and later versions more: what they would read
/// otherwise is not read here.
fn units(network: Network, text: &str) -> Result<Amount, Unreadable> {
    let read = match (network, text) {
        (_, "") => Some(Amount::ZERO),
        (Network::Thorchain, text) => number::scientific(text),
        (Network::Mayachain, text) => number::whole(text),
    };
    read.ok_or(Unreadable::Bad { part: "the limit", wanted: "number that the network reads" })
}

/// Reads what a function says.
pub(super) fn read(
    network: Network,
    function: Function,
    parts: &Parts<'_>,
    may_register: bool,
) -> Result<Said, Unreadable> {
    Ok(match function {
        Function::Swap | Function::LimitSwap => Said::Swap(swap(network, parts)?),
        Function::ModifyLimitSwap => Said::Modified(modified(network, parts)?),
        Function::Add => Said::Add(add(network, parts)?),
        Function::Withdraw => Said::Withdrawal(withdrawal(network, parts)?),
        Function::LoanOpen | Function::LoanRepay => Said::Loan(Loan {
            asset: parts.asset(network, 1)?,
            destination: parts.party(2)?,
            min_out: parts.units(network, 3)?,
            affiliates: parts.affiliates(4)?,
            aggregator: parts.aggregator(network, 6)?,
        }),
        Function::Outbound | Function::Refund => {
            let hash = parts.needed(1, "the hash")?.to_ascii_uppercase();
            let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            Said::Payout { in_txid: is_hash.then_some(hash) }
        }
        Function::Migrate | Function::Ragnarok | Function::YggdrasilFund | Function::YggdrasilReturn => {
            Said::Height { height: parts.height()? }
        }
        Function::ReferenceWrite => register(network, parts, may_register)?,
        Function::ReferenceRead => Said::Reference {
            reference: if parts.0.len() > 1 { parts.needed(1, "the reference")? } else { "" }.to_owned(),
        },
        Function::Name => {
            let name = parts.needed(1, "the name")?.to_owned();
            let chain = Some(parts.get(2).to_ascii_uppercase()).filter(|chain| !chain.is_empty());
            Said::Name { name, chain, destination: parts.address(3)? }
        }
        Function::Donate => {
            parts.asset(network, 1)?;
            other(parts, None, None, Vec::new())
        }
        Function::Bond | Function::Unbond | Function::Leave => {
            parts.needed(1, "the address")?;
            other(parts, parts.address(1)?, None, Vec::new())
        }
        Function::TradeDeposit
        | Function::TradeWithdraw
        | Function::SecureDeposit
        | Function::SecureWithdraw
        | Function::Switch
        | Function::TcyClaim => {
            parts.needed(1, "the address")?;
            other(parts, parts.party(1)?, None, Vec::new())
        }
        Function::TcyUnstake => {
            parts.needed(1, "the share")?;
            other(parts, None, parts.bps(1)?, Vec::new())
        }
        Function::RunepoolDeposit => other(parts, None, None, parts.affiliates(1)?),
        Function::RunepoolWithdraw => {
            parts.needed(1, "the share")?;
            other(parts, None, parts.bps(1)?, parts.affiliates(2)?)
        }
        Function::Noop
        | Function::Reserve
        | Function::Consolidate
        | Function::Rebond
        | Function::Operator
        | Function::Maint
        | Function::Exec
        | Function::TcyStake => other(parts, None, None, Vec::new()),
    })
}

fn other(
    parts: &Parts<'_>,
    destination: Option<Party>,
    bps: Option<u64>,
    affiliates: Vec<Affiliate>,
) -> Said {
    let parts = parts.0[1..].iter().map(|part| (*part).to_owned()).collect();
    Said::Other { destination, bps, affiliates, parts }
}

fn swap(network: Network, parts: &Parts<'_>) -> Result<Swap, Unreadable> {
    let asset = parts.asset(network, 1)?;
    let (destination, refund) = match parts.get(2).split_once('/') {
        Some((destination, refund)) => (destination, Some(refund)),
        None => (parts.get(2), None),
    };
    let destination =
        if destination.is_empty() { None } else { Some(Party::read(destination).ok_or(NOBODY)?) };
    // One that cannot be read is dropped: the sender is paid back.
    let refund_address = refund.and_then(Party::address).map(|refund| refund.text().to_owned());
    if destination.is_none() && refund_address.is_some() {
        return Err(Unreadable::Other("it says whom to pay back, and not whom to pay"));
    }
    let mut stream = parts.get(3).splitn(3, '/');
    let limit = units(network, stream.next().unwrap_or(""))?;
    let mut number = || match stream.next() {
        None | Some("") => Ok(0),
        Some(text) => text
            .parse()
            .map_err(|_| Unreadable::Bad { part: "a part of the limit", wanted: "number of 64 bits" }),
    };
    let (interval, quantity) = (number()?, number()?);
    let (affiliates, aggregator) = (parts.affiliates(4)?, parts.aggregator(network, 6)?);
    Ok(Swap { asset, destination, refund_address, limit, interval, quantity, affiliates, aggregator })
}

fn modified(network: Network, parts: &Parts<'_>) -> Result<Modified, Unreadable> {
    let limited = |at| {
        let text = parts.needed(at, "an amount")?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (amount, asset) = text.split_at(digits);
        let (amount, asset) = (number::whole(amount), MemoAsset::written_out(network, asset));
        match (amount, asset) {
            (Some(amount), Some(asset)) => Ok(Limited { amount, asset }),
            _ => Err(Unreadable::Bad { part: "an amount", wanted: "number with an asset behind it" }),
        }
    };
    let (source, target) = (limited(1)?, limited(2)?);
    let new_target = units(network, parts.needed(3, "the new limit")?)?;
    Ok(Modified { source, target, new_target })
}

fn add(network: Network, parts: &Parts<'_>) -> Result<Add, Unreadable> {
    let pool = parts.asset(network, 1)?;
    let paired = parts.party(2)?;
    if network == Network::Thorchain {
        return Ok(Add { pool, paired, affiliates: parts.affiliates(3)?, tier: None });
    }
    // Behind it affiliate and share may stand, or the tier as the last part; what is neither counts for nothing.
    let last = parts.0.last().copied().unwrap_or("").to_ascii_uppercase();
    let tier = match last.strip_prefix("TIER") {
        Some("1") => 1,
        Some("2") => 2,
        _ => 3,
    };
    let affiliates = if parts.0.len() > 4 { parts.affiliates(3)? } else { Vec::new() };
    Ok(Add { pool, paired, affiliates, tier: Some(tier) })
}

fn withdrawal(network: Network, parts: &Parts<'_>) -> Result<Withdrawal, Unreadable> {
    let pool = parts.asset(network, 1)?;
    let bps = parts.bps(2)?.unwrap_or(WHOLE);
    if bps == 0 {
        return Err(Unreadable::Other("it withdraws nothing"));
    }
    let asset = match parts.get(3) {
        "" => None,
        text => Some(
            MemoAsset::read(network, text).ok_or(Unreadable::Bad { part: "the asset", wanted: "asset" })?,
        ),
    };
    let paired = if network == Network::Mayachain { parts.address(4)? } else { None };
    Ok(Withdrawal { pool, bps, asset, paired })
}

fn register(network: Network, parts: &Parts<'_>, may_register: bool) -> Result<Said, Unreadable> {
    let asset = parts.asset(network, 1)?;
    let memo = parts.0.get(2..).unwrap_or_default().join(":");
    let within = may_register.then(|| read_within(network, &memo, false));
    let is_read =
        within.is_some_and(|within| !matches!(within.outcome, Outcome::Unreadable | Outcome::Memoless));
    if is_read {
        Ok(Said::Register { asset, memo })
    } else {
        Err(Unreadable::Other("the memo that it registers cannot be read"))
    }
}
