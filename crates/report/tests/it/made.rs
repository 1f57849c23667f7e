//! Traces that are made up: of any length, from a seed, adding up to the unit.

use tracehound_analysis::{
    extent::{Extent, LastBlock},
    trace::{Edge, Entity, Node, Stop, Sums, Trace},
};
use tracehound_engine::{Naming, trace::Traced};
use tracehound_model::{
    Amount, Asset, BitcoinNetwork, BlockHash, Category, Chain, Claim, Confidence, Gap, GapKind, Locus,
    OutPoint, Source, SourceId, SourceKind, Subject, TxId, claim::Statement,
};

/// A name that would break a page, a drawing and a terminal.
pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script>\"'&]]>--></title></style><img src=x onerror=alert(2)>\u{202e}\u{1b}[2J";

/// Numbers that look as if nobody chose them (Knuth's constants).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn txid(number: usize) -> TxId {
    let mut id = [0x5a; 32];
    id[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    TxId(id)
}

fn address(number: usize) -> String {
    format!("bcrt1qmadeup{number:030}")
}

const START: u32 = 1_700_000_000;

/// A coin of 100 that goes through so many transactions, to services (the first one with a hostile name), mixes and nobody.
pub(crate) fn trace(count: usize, seed: u64) -> Traced<Trace> {
    let network = BitcoinNetwork::Regtest;
    let mut dice = Dice(seed);
    let seeded = 10_000_000_000_u64;
    let node = |tx: usize, vout: u32, amount: u64, number: usize, hop: u32| Node {
        locus: Some(Locus::output(network, OutPoint { txid: txid(tx), vout })),
        address: Some(address(number)),
        entity: None,
        amount: amount.into(),
        dirty: amount.into(),
        hop,
        time: START + tx as u32 * 60,
        next: None,
        stop: None,
    };
    let mut nodes = vec![node(0, 0, seeded, 0, 0)];
    let mut amounts = vec![seeded];
    let (mut edges, mut open): (Vec<Edge>, Vec<usize>) = (Vec::new(), vec![0]);
    let mut sums = [0_u64; 4];
    let stop = |reason, txid| Some(Stop { reason, limit: None, txid });
    while edges.len() < count {
        let tx = edges.len() + 1;
        // Mostly on with the newest, as a peel chain does; sometimes with an older one, or two together.
        let pick = if dice.below(3) > 0 { open.len() - 1 } else { dice.below(open.len() as u64) as usize };
        let mut from = vec![open.swap_remove(pick)];
        if open.len() > 3 && dice.below(5) == 0 {
            from.push(open.swap_remove(dice.below(open.len() as u64) as usize));
        }
        let mut left: u64 = from.iter().map(|&at| amounts[at]).sum();
        let hop = from.iter().map(|&at| nodes[at].hop).min().unwrap_or(0) + 1;
        let fee = dice.below(1_000).min(left / 100);
        left -= fee;
        sums[3] += fee;
        let parts = 1 + dice.below(4);
        let mut to = Vec::new();
        for part in 0..parts {
            let amount = if part + 1 == parts { left } else { dice.below(left / 2 + 1) };
            left -= amount;
            let at = nodes.len();
            let mut made = node(tx, part as u32, amount, at, hop);
            match dice.below(10) {
                // Something must go on while more is to come.
                _ if part == 0 => open.push(at),
                0..=2 => {
                    let which = dice.below(12);
                    let label = if which == 0 { HOSTILE.to_owned() } else { format!("Service {which}") };
                    made.entity = Some(Entity {
                        label,
                        category: Category::Exchange,
                        listed_from: None,
                        labelled: None,
                    });
                    made.stop = stop("reached_service", None);
                    sums[0] += amount;
                }
                3 => {
                    made.stop = stop("mixed", Some(txid(1_000_000 + tx)));
                    sums[1] += amount;
                }
                _ => open.push(at),
            }
            nodes.push(made);
            amounts.push(amount);
            to.push(at);
        }
        for &at in &from {
            nodes[at].next = Some(edges.len());
        }
        let time = START + tx as u32 * 60;
        edges.push(Edge {
            txid: txid(tx),
            height: Some(800_000 + tx as u32),
            time,
            hop,
            mix: None,
            suspected: None,
            from,
            to,
            fee: fee.into(),
        });
    }
    for at in open {
        nodes[at].stop = stop("unspent", None);
        sums[2] += amounts[at];
    }
    let [reached_service, mixed, unspent, fees] = sums.map(Amount::from);
    let last = LastBlock {
        hash: BlockHash::default().to_string(),
        height: Some(900_000),
        time: i64::from(START) + 86_400,
    };
    let gap =
        Gap::new(GapKind::Truncated, "1 path was not followed further: limit on hops").mend("--hops 2000");
    let found = Trace {
        chain: Chain::Bitcoin(network).to_string(),
        asset: Asset::bitcoin(network),
        direction: "forward",
        method: "haircut",
        through_mixes: false,
        nodes,
        edges,
        seeds: 1,
        sums: Sums { seeded: seeded.into(), reached_service, mixed, unspent, fees, ..Sums::default() },
        suspected: None,
        ledger: Extent {
            as_of: i64::from(START) + 90_000,
            blocks: 100,
            last_block: Some(last),
            age: Some(3_600),
            missing_ranges: 0,
            gaps: vec![gap.clone()],
        },
        gaps: vec![gap],
        complete: false,
        snapshot: "5".repeat(64),
    };
    let error_rate = Some("measured on generated heists: haircut found 61.3 % of the loot".to_owned());
    Traced {
        found,
        not_in_the_ledger: vec!["`nowhere`".to_owned()],
        error_rate,
        packs: Vec::new(),
        coverage: None,
    }
}

/// Who says that the hostile one is a service.
pub(crate) fn naming(found: &Trace) -> Naming {
    let recorded_at = "2024-01-02T03:04:05Z".parse().expect("a moment");
    let published = "2024-01-01".parse().expect("a day");
    let id = SourceId("own".to_owned());
    let source = Source {
        id: id.clone(),
        kind: SourceKind::Own,
        title: format!("A list of {HOSTILE}"),
        publisher: HOSTILE.to_owned(),
        url: Some(format!("javascript:alert(3)//{HOSTILE}")),
        published,
        recorded_at,
        sha256: "7".repeat(64),
    };
    let named =
        found.nodes.iter().filter(|node| node.entity.is_some()).filter_map(|node| node.address.clone());
    let claim = |(number, address): (usize, String)| {
        let claim = Claim {
            id: format!("{number:016x}"),
            subject: Subject::Opaque(address.clone()),
            statement: Statement {
                label: HOSTILE.to_owned(),
                category: Category::Exchange,
                party_id: None,
                party_listed_on: None,
                programs: vec![HOSTILE.to_owned()],
                asset: None,
                actor: None,
                reference: None,
            },
            confidence: Confidence(60),
            source: id.clone(),
            valid_from: published,
            valid_to: None,
            recorded_at,
        };
        (address, claim)
    };
    Naming {
        claims: named.enumerate().map(claim).collect(),
        lists: vec![(source, published)],
        labels: Vec::new(),
        packs: Vec::new(),
    }
}
