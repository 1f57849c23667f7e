//! Many questions in few requests.

use std::{sync::Arc, time::Duration};

use tracehound_net::{HttpError, HttpLimits, Next, Pace, Tries};

use super::NodeOptions;
use crate::rpc::{Answers, Question, Rpc, RpcError};

/// Asks as many questions at once as the node takes.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) rpc: Rpc,
    pub(super) questions: u64,
    limits: HttpLimits,
    pace: Pace,
    /// Questions in one request, now and at most.
    batch: usize,
    most: usize,
}

/// Answers to questions, wherever they came.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    requests: Vec<Answers>,
    /// Where the answer to each question stands; or why the node refused it when it was asked alone.
    places: Vec<Result<(usize, usize), Arc<RpcError>>>,
}

impl Gathered {
    /// The result of a question, or why there is none.
    pub(super) fn get(&self, question: usize) -> Result<&str, &Arc<RpcError>> {
        let &(request, index) = self.places[question].as_ref()?;
        self.requests[request].get(index)
    }
}

impl Asker {
    pub(super) fn new(rpc: Rpc, options: &NodeOptions) -> Self {
        let most = options.batch.max(1);
        Self {
            rpc,
            questions: 0,
            limits: options.limits,
            pace: Pace::new(options.per_second),
            batch: most,
            most,
        }
    }

    /// How many questions the node takes at once, as far as is known.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    /// Asks all of them, in as few requests as the node takes. A request that it refuses is halved, down to single questions:
    /// what is refused then is refused.
    ///
    /// # Errors
    /// When the node cannot be reached, has no time however long it is given, or does not let us in.
    pub(super) fn ask(&mut self, questions: &[Question]) -> Result<Gathered, Arc<RpcError>> {
        let mut gathered = Gathered::default();
        while gathered.places.len() < questions.len() {
            self.next(&questions[gathered.places.len()..], &mut gathered)?;
        }
        self.ask_busy_again(questions, &mut gathered)?;
        Ok(gathered)
    }

    /// Asks as many of the next questions as fit, until some are answered or refused.
    fn next(&mut self, questions: &[Question], gathered: &mut Gathered) -> Result<(), Arc<RpcError>> {
        let mut tries = self.tries();
        loop {
            let count = questions.len().min(self.batch);
            let error = match self.once(&questions[..count]) {
                Ok(answers) => {
                    let request = gathered.requests.len();
                    gathered.places.extend((0..count).map(|index| Ok((request, index))));
                    gathered.requests.push(answers);
                    self.batch = self.most.min(self.batch + 1);
                    return Ok(());
                }
                Err(error) => error,
            };
            match what_now(&error, count) {
                Now::Wait if matches!(tries.wait(None), Next::Wait(_)) => {}
                Now::Fewer(batch) => self.batch = batch,
                Now::Refused => {
                    gathered.places.push(Err(Arc::new(error)));
                    return Ok(());
                }
                Now::Wait | Now::End => return Err(Arc::new(error)),
            }
        }
    }

    /// Nodes that count questions answer some of a batch and have no time for the others.
    fn ask_busy_again(
        &mut self,
        questions: &[Question],
        gathered: &mut Gathered,
    ) -> Result<(), Arc<RpcError>> {
        let mut tries = self.tries();
        loop {
            let busy: Vec<usize> = (0..questions.len())
                .filter(|&at| gathered.get(at).is_err_and(|error| error.is_busy()))
                .collect();
            let Some(&first) = busy.first() else { return Ok(()) };
            if !matches!(tries.wait(None), Next::Wait(_)) {
                return Err(Arc::clone(gathered.get(first).expect_err("it is busy")));
            }
            let mut again = Gathered::default();
            let left: Vec<Question> = busy.iter().map(|&at| questions[at].clone()).collect();
            while again.places.len() < left.len() {
                self.next(&left[again.places.len()..], &mut again)?;
            }
            if again
                .places
                .iter()
                .zip(0..)
                .any(|(_, index)| !again.get(index).is_err_and(|error| error.is_busy()))
            {
                // It gets on: patience begins anew.
                tries = self.tries();
            }
            let base = gathered.requests.len();
            gathered.requests.append(&mut again.requests);
            for (at, place) in busy.into_iter().zip(again.places) {
                gathered.places[at] = place.map(|(request, index)| (base + request, index));
            }
        }
    }

    fn once(&mut self, questions: &[Question]) -> Result<Answers, RpcError> {
        self.pace.wait(questions.len() as u32);
        self.questions += questions.len() as u64;
        self.rpc.ask(questions)
    }

    fn tries(&self) -> Tries {
        Tries::new(self.limits.retries, self.limits.pause, Duration::MAX)
    }
}

/// What to do after a request that failed.
enum Now {
    /// The same again, after a pause.
    Wait,
    /// So many at once.
    Fewer(usize),
    /// This one question is refused.
    Refused,
    /// No question would get an answer.
    End,
}

fn what_now(error: &RpcError, count: usize) -> Now {
    let (many, half) = (count > 1, count / 2);
    match error {
        RpcError::Node { .. } if error.is_busy() => Now::Wait,
        // Some nodes close the connection on what is too much for them; others are gone.
        RpcError::Http(HttpError::Connection { .. }) if many => Now::Fewer(1),
        // Nobody is there or lets us in; or the client has waited and tried again already.
        RpcError::Url(_)
        | RpcError::Socket(_)
        | RpcError::User(_)
        | RpcError::Http(
            HttpError::Connection { .. }
            | HttpError::Moved { .. }
            | HttpError::Busy { .. }
            | HttpError::Status { status: 401 | 403 | 429 | 503, .. },
        ) => Now::End,
        _ if many => Now::Fewer(half),
        _ => Now::Refused,
    }
}
