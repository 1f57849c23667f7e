//! What people read: golden files of the same small theft in every form.

use tracehound_analysis::{
    extent::Asked,
    taint::{Direction, Method, Mix, Options, PropagationLimits},
    trace::{self, Entity, Known, Question, Trace},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{Amount, BitcoinNetwork, BlockHash, Category, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    ledger_of,
    taint::propagations::{output, story},
    units,
};

/// Owner 50 is a service with a name that would break every format; three equal outputs are a mix.
struct Names<'a>(&'a Ledger);

impl Known<Ledger> for Names<'_> {
    fn entity(&self, addr: AddrNum) -> Option<Entity> {
        let named = self.0.script_key(addr) == Some(owner(50));
        named.then(|| Entity {
            label: "=Mix & \"Match\", <Ltd>".to_owned(),
            category: Category::Exchange,
            listed_from: None,
            labelled: None,
        })
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        let values: Vec<u64> = ledger.outputs(tx).map(|output| output.value).collect();
        (values.len() == 3 && values.iter().all(|value| *value == 380))
            .then_some(Mix { protocol: "test", participants: 3 })
    }
}

fn options(direction: Direction, limits: PropagationLimits) -> Options {
    Options { direction, method: Method::Haircut, through_mixes: false, limits }
}

fn traced(ledger: &Ledger, limits: PropagationLimits, through_mixes: bool) -> Trace {
    let seeds = [output(ledger, story().theft, 0)];
    let options = Options { through_mixes, ..options(Direction::Forward, limits) };
    trace::trace(ledger, BitcoinNetwork::Regtest, &question(&seeds, options), &Names(ledger)).expect("traces")
}

/// Asked ten minutes after the story's last block.
fn question(seeds: &[OutNum], options: Options) -> Question<'_> {
    Question { seeds, all_received: false, options, asked: Asked::at(3_600) }
}

fn no_dust() -> PropagationLimits {
    PropagationLimits { dust: 0, ..PropagationLimits::default() }
}

#[test]
fn a_report_says_where_the_value_is_and_how_it_went() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let found = traced(&ledger, no_dust(), false);
    assert!(found.complete);
    insta::assert_snapshot!("trace_text", trace::text::report(&found, 60, None));
    insta::assert_snapshot!("trace_csv", trace::csv(&found));
    insta::assert_snapshot!("trace_dot", trace::dot(&found));
}

#[test]
fn a_cut_report_says_what_it_left_out() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let found = traced(&ledger, PropagationLimits { hops: 1, ..no_dust() }, false);
    assert!(!found.complete);
    insta::assert_snapshot!("trace_cut", trace::text::report(&found, 2, Some("measured: well")));
}

#[test]
fn what_the_limit_on_dust_cut_is_in_the_headline_and_too_much_of_it_is_no_answer() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let mut shares = Vec::new();
    for dust in [0, 1, 100, 400, 1_000_000] {
        let found = traced(&ledger, PropagationLimits { dust, ..no_dust() }, false);
        let (cut, whole) = (units(found.sums.dust), units(found.sums.seeded));
        assert_eq!(found.complete, cut * 100 < whole * 5, "{cut} of {whole} below {dust}");
        let text = trace::text::report(&found, 60, None);
        let head: Vec<&str> = text.lines().take(2).collect();
        assert_eq!(head[1].contains("NOT FOLLOWED"), cut > 0, "{text}");
        if cut > 0 {
            let tenths = cut * 1_000 / whole;
            let share = format!("{}.{} %", tenths / 10, tenths % 10);
            assert!(head[1].contains(&share), "{share}: {text}");
        }
        shares.push(found.complete);
    }
    assert!(shares.contains(&true) && shares.contains(&false), "{shares:?}");
}

#[test]
fn behind_a_mix_the_report_marks_it() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    insta::assert_snapshot!(
        "trace_through",
        trace::text::report(&traced(&ledger, no_dust(), true), 60, None)
    );
}

#[test]
fn five_methods_side_by_side() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let seeds = [output(&ledger, story().theft, 0)];
    let asked = options(Direction::Forward, no_dust());
    let compared =
        trace::compare(&ledger, BitcoinNetwork::Regtest, &question(&seeds, asked), &Names(&ledger))
            .expect("compares");
    assert!(compared.complete);
    insta::assert_snapshot!("trace_compare", trace::text::comparison(&compared));
    let back = options(Direction::Backward, no_dust());
    let compared = trace::compare(&ledger, BitcoinNetwork::Regtest, &question(&seeds, back), &Names(&ledger))
        .expect("compares");
    assert_eq!(compared.columns.len(), 4, "TIHO has no way back");
}

/// The same names, whose services are mixers.
struct Mixers<'a>(Names<'a>);

impl Known<Ledger> for Mixers<'_> {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        self.0.entity(owner).map(|entity| Entity { category: Category::MixingService, ..entity })
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        self.0.mix(ledger, tx)
    }
}

#[test]
fn what_a_mixing_service_got_is_in_mixes_and_at_no_service() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let seeds = [output(&ledger, story().theft, 0)];
    let asked = options(Direction::Forward, no_dust());
    let compared = |known: &dyn Known<Ledger>| {
        trace::compare(&ledger, BitcoinNetwork::Regtest, &question(&seeds, asked), known).expect("compares")
    };
    let (plain, mixing) = (compared(&Names(&ledger)), compared(&Mixers(Names(&ledger))));
    for (plain, mixing) in plain.columns.iter().zip(&mixing.columns) {
        assert!(!plain.sums.reached_service.is_zero(), "{}", plain.method);
        let all = plain.sums.mixed.saturating_add(plain.sums.reached_service);
        assert_eq!((mixing.sums.mixed, mixing.sums.reached_service), (all, Amount::ZERO), "{}", plain.method);
        assert!(mixing.services.is_empty(), "{}", plain.method);
    }
}

/// Whoever follows most of what enters a mix follows what leaves it: there is nobody else to hide among.
#[test]
fn a_mix_that_is_followed_whole_is_no_mix() {
    let mut first = BlockMaker::new(BlockHash::default(), 600, 0);
    let coins = first.tx(&[], &[(400, Some(owner(1))), (400, Some(owner(2))), (390, Some(owner(3)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 1_200, 1);
    second.tx(&[], &[(50, Some(owner(9)))]);
    let inputs: Vec<_> = (0..3).map(|vout| (OutPoint { txid: coins, vout }, None)).collect();
    let mixed = second.tx(&inputs, &[(380, Some(owner(4))), (380, Some(owner(5))), (380, Some(owner(6)))]);
    let (_dir, ledger) = ledger_of(&[first, second.done()]);
    for (txid, way, ends) in [(coins, Direction::Forward, 1_140), (mixed, Direction::Backward, 1_140)] {
        for method in Method::COMPARED {
            if way == Direction::Backward && method == Method::Tiho {
                continue;
            }
            let sums = |count: u64| {
                let seeds: Vec<OutNum> = (0..count).map(|vout| output(&ledger, txid, vout)).collect();
                let asked = Options { method, ..options(way, no_dust()) };
                let found =
                    trace::trace(&ledger, BitcoinNetwork::Regtest, &question(&seeds, asked), &Names(&ledger));
                found.expect("traces").sums
            };
            let whole = sums(3);
            assert_eq!(whole.mixed, Amount::ZERO, "{}", method.name());
            let end = if way == Direction::Forward { whole.unspent } else { whole.coinbase };
            assert!(units(end) >= ends, "{}: {whole:?}", method.name());
            assert_eq!(sums(2).mixed, sums(2).seeded, "two of three are not most of them: {}", method.name());
        }
    }
}
