use std::{ops::ControlFlow, path::Path};

use tracehound_analysis::taint::Method;
use tracehound_ingest::{BitcoinFiles, ingest_bitcoin_files};
use tracehound_ledger::{Ledger, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain as ChainName, OutPoint};
use tracehound_range::{
    Difficulty, HeistConfig, RangeError, Role, Typology, Wallet, generate_heists,
    score::{
        Answers, Chain, ClusterRule, Part, Place, Score, ScoreError, Share, StopAt, error_rates, score_peels,
        score_taint, scorecard,
    },
};
use tracehound_testkit::blocks::{BlockMaker, owner};

const REGTEST: BitcoinNetwork = BitcoinNetwork::Regtest;

/// The thief's 1,000,000 and somebody's 1,000,000 go into one transaction, in this order, which pays 600,000 to a
/// service and 1,300,000 to the thief. In truth all that the service gets is loot.
fn by_hand(dir: &Path) -> Answers {
    let mut block = BlockMaker::new(BlockHash::default(), 1_700_000_000, 0);
    let coin = |txid| OutPoint { txid, vout: 0 };
    let loot = coin(block.tx(&[], &[(1_000_000, Some(owner(1)))]));
    let clean = coin(block.tx(&[], &[(1_000_000, Some(owner(2)))]));
    let paid =
        block.tx(&[(loot, None), (clean, None)], &[(600_000, Some(owner(3))), (1_300_000, Some(owner(4)))]);
    let mut writer = Writer::open(dir, ChainName::Bitcoin(REGTEST), WriterOptions::default()).expect("opens");
    writer.append(&block.done()).expect("appends");
    writer.commit().expect("commits");
    let place = |wallet, role, sats| Place { heist: 1, branch: 1, sats, wallet: Wallet(wallet), role };
    let mut answers = Answers::default();
    answers.heists.insert(1, vec![loot]);
    answers.parts.push(Part { heist: 1, branch: 1, typology: Typology::Direct, start: loot });
    answers.places.insert(OutPoint { txid: paid, vout: 0 }, place(5, Role::Service, 600_000));
    answers.places.insert(OutPoint { txid: paid, vout: 1 }, place(0xf000_0001, Role::Churn, 350_000));
    answers
}

#[test]
fn a_case_worked_out_by_hand() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let answers = by_hand(dir.path());
    let ledger = Ledger::open(dir.path()).expect("opens");
    let (table, heists) = score_taint(&Chain::new(&ledger, 0), &answers).expect("scores");
    let of = |method| &table[&(method, StopAt::ServicesAndMixes, Some(Typology::Direct))];
    // Haircut: half of each output, 300,000 and 650,000; truth 600,000 and 350,000.
    assert_eq!(of(Method::Haircut).recall, Share::new(650_000, 950_000));
    assert_eq!(of(Method::Haircut).precision, Share::new(650_000, 950_000));
    // FIFO: loot first, 600,000 and 400,000, nothing for the fee.
    assert_eq!(of(Method::Fifo).recall, Share::new(950_000, 950_000));
    assert_eq!(of(Method::Fifo).precision, Share::new(950_000, 1_000_000));
    // LIFO: the first output is cut from the end, all clean; the second gets 400,000 clean, then 900,000 loot.
    assert_eq!(of(Method::Lifo).recall, Share::new(350_000, 950_000));
    // The largest output first: all of it.
    assert_eq!(of(Method::Tiho).precision, Share::new(350_000, 1_000_000));
    // Poison: everything, so it finds all, and half of what it says is wrong.
    assert_eq!(of(Method::Poison).recall, Share::new(950_000, 950_000));
    assert_eq!(of(Method::Poison).precision, Share::new(950_000, 1_900_000));
    assert!(Method::COMPARED.iter().all(|&method| !method.conserves() || of(method).conservation_error == 0));
    // Whole heists are the same here.
    assert_eq!(&table[&(Method::Fifo, StopAt::ServicesAndMixes, None)], of(Method::Fifo));
    assert_eq!(heists[&(Method::Fifo, StopAt::ServicesAndMixes)], [(0, *of(Method::Fifo))]);
}

#[test]
fn a_truth_of_another_chain_is_refused() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let mut answers = by_hand(dirs[0].path());
    answers.heists.insert(2, vec![OutPoint { txid: tracehound_model::TxId([7; 32]), vout: 0 }]);
    let ledger = Ledger::open(dirs[0].path()).expect("opens");
    let error = score_taint(&Chain::new(&ledger, 0), &answers).expect_err("not in the ledger");
    assert!(matches!(error, ScoreError::NotInLedger(_)), "{error}");
    let lines = "{\"record\":\"generated\",\"note\":\"generated\",\"version\":1,\"seed\":1,\"txs\":1000,\"heists\":1}\n\
                 {\"record\":\"movement\",\"heist\":1,\"branch\":1,\"txid\":\"0000000000000000000000000000000000000000000000000000000000000001\",\
                 \"height\":1,\"step\":\"peel\",\"inputs\":[],\"outputs\":[],\"change\":[],\
                 \"fee\":[{\"label\":\"stolen\",\"amount\":5}]}\n";
    std::fs::write(dirs[1].path().join("truth.jsonl"), lines).expect("written");
    let error = Answers::load(dirs[1].path()).expect_err("loot from nowhere");
    assert!(matches!(error, RangeError::Truth { line: 2, .. }), "{error}");
}

#[test]
fn a_generated_chain_is_scored() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let blocks = dir.path().join("generated");
    generate_heists(
        &HeistConfig { seed: 3, tx_count: 3_000, heists: 6, difficulty: Difficulty::Usual },
        &blocks,
        &mut |_| (),
    )
    .expect("generates");
    let files =
        BitcoinFiles { paths: vec![blocks.clone()], network: Some(REGTEST), ..BitcoinFiles::default() };
    let folder = dir.path().join("ledger");
    ingest_bitcoin_files(&folder, &files, &|_| ControlFlow::Continue(())).expect("ingests");
    let ledger = Ledger::open(&folder).expect("opens");
    let answers = Answers::load(&blocks).expect("loads");
    let chain = Chain::new(&ledger, answers.seed);
    let score = Score::of(&chain, &answers).expect("scores");

    assert!(
        score.taint.iter().all(|((method, ..), rates)| !method.conserves() || rates.conservation_error == 0)
    );
    let recall = |method, stop, typology| {
        score.taint.get(&(method, stop, typology)).and_then(|rates| rates.recall.permille())
    };
    // Straight to a service nothing is lost; in a round everything is, unless the propagation goes on behind it.
    let direct = recall(Method::Fifo, StopAt::ServicesAndMixes, Some(Typology::Direct));
    assert!(direct > Some(950), "{direct:?}");
    let [stopped, through] = [StopAt::ServicesAndMixes, StopAt::Services]
        .map(|stop| recall(Method::Haircut, stop, Some(Typology::Wasabi2)));
    assert!(stopped < through, "{stopped:?}, {through:?}");
    let [naive, careful] = [ClusterRule::Naive, ClusterRule::WithoutMixes]
        .map(|rule| score.clusters[&rule].precision.permille().expect("there are pairs"));
    assert!(naive < 500 && careful > 700, "{naive}, {careful}");
    assert!(score.coinjoins.precision.permille() > Some(900));
    assert_eq!(score_peels(&chain, &answers).expect("follows"), score.peels);

    let mut twice = score.clone();
    twice.add(&score);
    assert_eq!(twice.chains.len(), 2);
    assert_eq!(twice.peels.recall.part, 2 * score.peels.recall.part);
    assert_eq!(twice.taint[&(Method::Fifo, StopAt::Services, None)].samples, 12);

    let rates: toml::Table = error_rates(&score, "made by a test").parse().expect("TOML");
    assert_eq!(rates["heists"].as_integer(), Some(6));
    let page = scorecard(&score, &Score::default(), "made by a test");
    assert!(page.contains("**generated**") && page.contains("| haircut | "));
    // Each figure of whole heists has its range, and the file that answers quote too.
    let table = page.split("stopping at services and at CoinJoins").nth(1).expect("there");
    let row = table.lines().find(|row| row.starts_with("| haircut | ")).expect("there");
    assert!(row.matches(" to ").count() >= 4, "{row}");
    let first = &rates["rate"].as_array().expect("rows")[0];
    let of = |key: &str| first[key].as_integer().expect("a number");
    assert!(
        of("recall_low_permille") <= of("recall_permille")
            && of("recall_permille") <= of("recall_high_permille")
    );
    assert!(page.contains("From chain to chain") && !page.contains("harder range"));
    let both = scorecard(&score, &score, "made by a test");
    assert!(both.contains("# The harder range") && both.matches("*Owed to the generator:*").count() >= 6);
    // Poison finds more and is right less often, heist by heist; that much is told apart even of six.
    let table = page.split("heist by heist").nth(1).expect("there");
    let row = table.lines().find(|row| row.starts_with("| nothing | poison | ")).expect("there");
    assert!(row.contains("**-"), "{row}");
    // The fewer services are known, the more is called dirty that is not.
    let precision = |stop| score.taint[&(Method::Haircut, stop, None)].precision.permille();
    let [few, half, most] = StopAt::PARTLY.map(precision);
    let (none, all) = (precision(StopAt::Nothing), precision(StopAt::ServicesAndMixes));
    assert!(
        none < half && few < all && few <= most && most <= all,
        "{none:?} {few:?} {half:?} {most:?} {all:?}"
    );
}
