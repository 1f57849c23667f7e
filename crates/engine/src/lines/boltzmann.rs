//! In how many ways a transaction can be read.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use tracehound_analysis::{
    boltzmann::{Amounts, BoltzmannError, FeeShare, Intrafees, Linkability},
    coinjoin::{self, Answer, Coin, CoinJoin, Protocol, TxShape, certain_change},
};
use tracehound_model::Asset;

use super::{
    Answered, Fees, MAY_BE, Unanswered, called, of_bitcoin, to_bytes,
    transaction::{Owners, when},
};

/// What a line says; other keys are ignored.
#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    txid: Option<Cow<'a, str>>,
    #[serde(default = "of_bitcoin")]
    asset: Asset,
    height: Option<u32>,
    time: Option<u64>,
    #[serde(borrow)]
    inputs: Vec<Given<'a>>,
    #[serde(borrow)]
    outputs: Vec<Given<'a>>,
    /// Sets of inputs known to be one owner's, by place.
    #[serde(default)]
    linked: Vec<Vec<usize>>,
    max_cj_intrafees_ratio: Option<f64>,
}

/// An amount, alone or with its script.
struct Given<'a> {
    value: u64,
    script: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Given<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            value: u64,
            #[serde(borrow)]
            script: Option<Cow<'a, str>>,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Given<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base units, or an object with `value` and `script`")
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Given { value, script: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let Fields { value, script } = Fields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Given { value, script })
            }
        }

        from.deserialize_any(Either)
    }
}

/// In how many ways a transaction can be read.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Readings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    txid: Option<&'a str>,
    /// What the amounts count.
    asset: Asset,
    interpretations: u128,
    entropy: f64,
    fee: u64,
    /// For each output, for each input: in how many interpretations they are linked.
    matrix: &'a [Vec<u128>],
    /// The pairs that are linked in all of them, by place; in a round those without which no maker's account is even.
    deterministic: Vec<Pair>,
    /// The outputs of the matrix's rows, by place, where some have no value and no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<&'a [usize]>,
    /// The inputs of the matrix's columns, by place, where some have no value and no column.
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<&'a [usize]>,
    /// Sets of inputs that count as one owner's, by place: named so, or of one script.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    linked: &'a [Vec<usize>],
    /// What participants may have paid each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    intrafees: Option<Fees>,
    /// The kind of `CoinJoin` that it is, or may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    coinjoin: Option<&'static str>,
    /// People in it, at least, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<u32>,
    /// Whether it is no more than suspected to be one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    suspected: bool,
    /// Why pairs that are linked in all interpretations are not called deterministic.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct Pair {
    input: usize,
    output: usize,
}

/// Counts the interpretations of the amounts of a line, in at most `work` steps.
///
/// In what looks like a `CoinJoin` a maker may receive `ratio` of the mixed amount, unless the line says otherwise;
/// by default what the rule accepts by which it is, or may be, a round of `JoinMarket`, and nothing elsewhere.
///
/// In a recognised round a pair is deterministic only where every way to make the makers' accounts even has it too, and in any
/// other `CoinJoin`, and in what may be one, none is.
///
/// # Errors
/// A line that holds no amounts, and one that takes more steps.
pub fn answer(line: &[u8], work: u64, ratio: Option<FeeShare>) -> Answered {
    let mut question: Question<'_> = serde_json::from_slice(line).map_err(|error| {
        format!(
            "{error}; wanted: {{\"inputs\":[satoshi, ...],\"outputs\":[satoshi, ...]}}, or \
             {{\"value\":satoshi,\"script\":hex}} for each amount"
        )
    })?;
    let ratio = match question.max_cj_intrafees_ratio {
        None => ratio,
        Some(given) => Some(FeeShare::of(given).ok_or_else(|| {
            format!("max_cj_intrafees_ratio: {given} is no share of the mixed amount, from 0 to 1")
        })?),
    };
    let coins = Coins::of(&question)?;
    question.linked.extend(coins.of_one_script());
    let amounts = Amounts::new(&coins.inputs(), &coins.outputs(), &question.linked)
        .map_err(|error| unanswered(&error))?;
    let shape = coins.shape(&question);
    let answer = coinjoin::classify(&shape);
    let found = called(&answer);
    let fees = match (ratio, found) {
        (Some(ratio), _) => amounts.intrafees(ratio),
        (None, Some((_, found))) => paid(found, &amounts),
        (None, None) => None,
    };
    let links = amounts.linkability(fees.unwrap_or_default(), work).map_err(|error| unanswered(&error))?;
    let certain = match &answer {
        Answer::CoinJoin(_) | Answer::Suspected(_) => Certain::of_round(&shape, &answer, &amounts, &links),
        Answer::No | Answer::Premix(_) | Answer::Unknown { .. } => Certain::all(&links),
    };
    render(&question, &links, found, certain)
}

/// What the participants of a round pay each other at most, where outputs are no more than two for each of them.
fn paid(found: &CoinJoin, amounts: &Amounts) -> Option<Intrafees> {
    let people = found.participants.min(u32::try_from(amounts.owners()).unwrap_or(u32::MAX));
    let taker =
        found.taker_pays(people).filter(|_| people > 1 && amounts.outputs() <= 2 * people as usize)?;
    Some(Intrafees { maker: found.maker_fee?, taker })
}

/// The pairs that are called deterministic, and why others that are linked in every interpretation are not.
struct Certain {
    pairs: Vec<(usize, usize)>,
    note: Option<String>,
}

impl Certain {
    fn all(links: &Linkability) -> Self {
        Self { pairs: links.deterministic.clone(), note: None }
    }

    fn none(note: String) -> Self {
        Self { pairs: Vec::new(), note: Some(note) }
    }

    /// Of what is, or may be, a `CoinJoin`.
    fn of_round(shape: &TxShape<'_>, answer: &Answer, amounts: &Amounts, links: &Linkability) -> Self {
        let Some((is, found)) = called(answer) else { return Self::all(links) };
        let what = format!("this {is} a CoinJoin ({})", found.protocol.name());
        if links.intrafees.is_none() {
            return Self::none(format!(
                "{what}: its participants may pay each other, and without such fees a pair that is linked in every \
                 interpretation may be two strangers'; so none is called deterministic"
            ));
        }
        if !matches!(answer, Answer::CoinJoin(_)) || found.protocol != Protocol::JoinMarket {
            return Self::none(format!(
                "{what}: nothing tells how much its participants pay each other, and a pair that is linked in every \
                 interpretation may be two strangers'; so none is called deterministic"
            ));
        }
        let Some(even) = certain_change(shape, answer, amounts.parties()) else {
            return Self::none(format!(
                "{what}, and its makers' accounts are even in no way in which the inputs that are said to be one owner's \
                 are; so no pair is called deterministic"
            ));
        };
        let pairs: Vec<(usize, usize)> =
            links.deterministic.iter().copied().filter(|pair| even.contains(pair)).collect();
        let others = links.deterministic.len() - pairs.len();
        let note = (others > 0).then(|| {
            format!(
                "{what}: {others} pairs that are linked in every interpretation are not called deterministic, because its \
                 makers' accounts are even without them too"
            )
        });
        Self { pairs, note }
    }
}

fn unanswered(error: &BoltzmannError) -> Unanswered {
    match error {
        BoltzmannError::TooMuchWork(_) => Unanswered::Truncated(error.to_string()),
        _ => Unanswered::Wrong(error.to_string()),
    }
}

/// The amounts with their scripts; one without is taken for one of its own.
struct Coins {
    inputs: Vec<Option<Coin>>,
    outputs: Vec<Coin>,
    pays_wasabi1_coordinator: bool,
}

impl Coins {
    fn of(question: &Question<'_>) -> Result<Self, String> {
        let mut owners = Owners::default();
        let mut read = |side: &str, given: &[Given<'_>]| {
            let coin = |(place, given): (usize, &Given<'_>)| match &given.script {
                Some(script) => owners.coin(given.value, script).map_err(|e| format!("{side} {place}: {e}")),
                None => Ok(owners.unnamed(given.value)),
            };
            let coins = given.iter().enumerate().map(coin).collect::<Result<Vec<Coin>, String>>();
            coins.map(|coins| (coins, owners.coordinator))
        };
        let (inputs, before) = read("input", &question.inputs)?;
        let (outputs, after) = read("output", &question.outputs)?;
        let inputs = inputs.into_iter().map(Some).collect();
        Ok(Self { inputs, outputs, pays_wasabi1_coordinator: after > before })
    }

    fn inputs(&self) -> Vec<u64> {
        self.inputs.iter().flatten().map(|coin| coin.value).collect()
    }

    fn outputs(&self) -> Vec<u64> {
        self.outputs.iter().map(|coin| coin.value).collect()
    }

    /// The inputs that share a script, by place.
    fn of_one_script(&self) -> Vec<Vec<usize>> {
        let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, coin) in self.inputs.iter().enumerate() {
            places.entry(coin.map_or(0, |coin| coin.owner)).or_default().push(place);
        }
        places.into_values().filter(|places| places.len() > 1).collect()
    }

    fn shape(&self, question: &Question<'_>) -> TxShape<'_> {
        TxShape {
            inputs: &self.inputs,
            outputs: &self.outputs,
            when: when(question.height, question.time),
            pays_wasabi1_coordinator: self.pays_wasabi1_coordinator,
        }
    }
}

fn render(
    question: &Question<'_>,
    links: &Linkability,
    found: Option<(&str, &CoinJoin)>,
    certain: Certain,
) -> Answered {
    let pair = |&(input, output): &(usize, usize)| Pair { input, output };
    let fees = links.intrafees;
    to_bytes(&Readings {
        txid: question.txid.as_deref(),
        asset: question.asset,
        interpretations: links.interpretations,
        entropy: links.entropy(),
        fee: links.fee,
        matrix: &links.together,
        deterministic: certain.pairs.iter().map(pair).collect(),
        rows: (links.outputs.len() < question.outputs.len()).then_some(&links.outputs),
        columns: (links.inputs.len() < question.inputs.len()).then_some(&links.inputs),
        linked: &question.linked,
        intrafees: (!fees.is_none()).then_some(Fees { maker: fees.maker, taker: fees.taker }),
        coinjoin: found.map(|(_, found)| found.protocol.name()),
        participants: found.map(|(_, found)| found.participants),
        suspected: found.is_some_and(|(is, _)| is == MAY_BE),
        note: certain.note,
    })
}
