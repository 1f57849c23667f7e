//! Where the boxes of a page stand.

#![expect(clippy::cast_precision_loss, reason = "lengths on paper, never money")]

use tracehound_model::Amount;

use super::{Flow, Kind};

/// How far down boxes may stand, in points from the top of the page.
const BOTTOM: f64 = 507.0;
/// Height of a line of a label.
pub(super) const LINE: f64 = 9.0;
/// Between a label and the next box.
const GAP: f64 = 4.0;
/// Least height of a box.
const THIN: f64 = 1.5;
/// Least width of a band.
const THINNEST: f64 = 0.75;
/// Most height of a column's value: a single band need not fill the page.
const TALLEST: f64 = 150.0;

/// The edges of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// A box on the page.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) column: usize,
    pub(super) kind: Kind,
    pub(super) lines: Vec<String>,
    pub(super) title: String,
    /// What it has, where it stands for somebody at an edge.
    pub(super) units: Option<Amount>,
    pub(super) y: f64,
    pub(super) height: f64,
}

impl Shape {
    pub(super) fn new(column: usize, kind: Kind, lines: Vec<String>, title: String) -> Self {
        Self { column, kind, lines, title, units: None, y: 0.0, height: THIN }
    }

    /// With its label, and what is free behind it.
    fn room(&self) -> f64 {
        self.height + self.lines.len() as f64 * LINE + GAP
    }
}

/// Bands from one box to another, as one.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) amount: Amount,
    pub(super) titles: Vec<String>,
    pub(super) count: usize,
    pub(super) width: f64,
    /// Whether it is left out where it is too thin to be seen.
    pub(super) is_minor: bool,
    /// The middle of its ends.
    pub(super) y: (f64, f64),
}

/// Titles of a band that are kept.
const MOST_TITLES: usize = 5;

impl Band {
    pub(super) fn new(from: usize, to: usize) -> Self {
        Self {
            from,
            to,
            amount: Amount::ZERO,
            titles: Vec::new(),
            count: 0,
            width: 0.0,
            is_minor: false,
            y: (0.0, 0.0),
        }
    }

    pub(super) fn add(&mut self, flow: &Flow) {
        self.amount = self.amount.saturating_add(flow.amount);
        self.count += flow.count;
        if self.titles.len() < MOST_TITLES && !flow.title.is_empty() {
            self.titles.push(flow.title.clone());
        }
    }
}

/// A page's boxes and bands.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    pub(super) shapes: Vec<Shape>,
    pub(super) bands: Vec<Band>,
}

impl Placed {
    pub(super) fn add(&mut self, shape: Shape) -> usize {
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    /// Finds heights and places: every column fits between `top` and [`BOTTOM`].
    pub(super) fn arrange(&mut self, top: f64) {
        let values: Vec<Amount> = (0..self.shapes.len()).map(|at| self.value(at)).collect();
        let last = self.shapes.iter().map(|shape| shape.column).max().unwrap_or(0);
        let columns: Vec<Vec<usize>> = (0..=last)
            .map(|column| (0..values.len()).filter(|&at| self.shapes[at].column == column).collect())
            .collect();
        let sum =
            |column: &[usize]| column.iter().map(|&at| values[at]).fold(Amount::ZERO, Amount::saturating_add);
        let largest = columns.iter().map(|column| sum(column)).max().unwrap_or(Amount::ZERO);
        let free = |column: &Vec<usize>| {
            let labels: f64 = column.iter().map(|&at| self.shapes[at].room()).sum();
            (BOTTOM - top - labels).clamp(0.0, TALLEST)
        };
        // One scale for the whole page: bands can be compared.
        let scale = columns.iter().map(free).fold(TALLEST, f64::min);
        for (shape, &value) in self.shapes.iter_mut().zip(&values) {
            shape.height = THIN.max(value.ratio(largest) * scale);
        }
        for band in &mut self.bands {
            band.width = band.amount.ratio(largest) * scale;
        }
        self.bands.retain(|band| !band.is_minor || band.width >= THINNEST);
        self.bands.iter_mut().for_each(|band| band.width = band.width.max(THINNEST));
        for column in &columns {
            self.stack(column, top);
        }
        self.attach();
    }

    /// What a box has: the larger of what comes and what goes.
    fn value(&self, at: usize) -> Amount {
        let sum = |mine: fn(&Band) -> usize| {
            let bands = self.bands.iter().filter(|band| mine(band) == at);
            bands.fold(Amount::ZERO, |sum, band| sum.saturating_add(band.amount))
        };
        sum(|band| band.from).max(sum(|band| band.to))
    }

    /// A column, each box near where its value comes from.
    fn stack(&mut self, column: &[usize], top: f64) {
        // Without a band: what is asked about, at the top; and what got too little for one, at the bottom.
        let rest = if column.iter().any(|&at| self.shapes[at].column > 0) { BOTTOM } else { top };
        let mut members: Vec<(f64, usize)> =
            column.iter().map(|&at| (self.pull(at).unwrap_or(rest), at)).collect();
        members.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut y = top;
        for &(pull, at) in &members {
            let shape = &mut self.shapes[at];
            shape.y = y.max(pull - shape.height / 2.0);
            y = shape.y + shape.room();
        }
        let mut limit = BOTTOM;
        for &(_, at) in members.iter().rev() {
            let shape = &mut self.shapes[at];
            shape.y = shape.y.min(limit - shape.room());
            limit = shape.y;
        }
    }

    /// Mean height of where a box's value comes from; the columns before it stand.
    fn pull(&self, at: usize) -> Option<f64> {
        let column = self.shapes[at].column;
        let sources =
            self.bands.iter().filter(|band| band.to == at && self.shapes[band.from].column < column);
        let (mut sum, mut weight) = (0.0, 0.0);
        for band in sources {
            let from = &self.shapes[band.from];
            sum += (from.y + from.height / 2.0) * band.width;
            weight += band.width;
        }
        (weight > 0.0).then(|| sum / weight)
    }

    /// Where bands begin and end: side by side, in the order of the boxes at their other ends.
    fn attach(&mut self) {
        let y_of = |shapes: &[Shape], at: usize| shapes[at].y + shapes[at].height / 2.0;
        for at in 0..self.shapes.len() {
            for outgoing in [true, false] {
                let mut mine: Vec<usize> =
                    (0..self.bands.len())
                        .filter(|&band| {
                            if outgoing { self.bands[band].from == at } else { self.bands[band].to == at }
                        })
                        .collect();
                mine.sort_by(|&a, &b| {
                    let other =
                        |band: usize| if outgoing { self.bands[band].to } else { self.bands[band].from };
                    y_of(&self.shapes, other(a)).total_cmp(&y_of(&self.shapes, other(b)))
                });
                let shape = &self.shapes[at];
                let mut used = 0.0;
                for band in mine {
                    let band = &mut self.bands[band];
                    let y = shape.y + f64::min(used, (shape.height - band.width).max(0.0)) + band.width / 2.0;
                    used += band.width;
                    if outgoing {
                        band.y.0 = y;
                    } else {
                        band.y.1 = y;
                    }
                }
            }
        }
    }
}
